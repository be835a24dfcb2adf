"""From the release before: its database is upgraded, read and worked on; its servers and workers can go on meanwhile.

`released/0013.sql` is what that release stored, dumped by `pg_dump`: a call that it analysed, with a trace, and a call
that nobody has worked on yet. RECORDINGS stands for the server that has their recordings.
"""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from callscope.core.analysis import AnalysisStatus
from callscope.core.call import Call
from callscope.core.trace_query import TraceQuery
from callscope.services import analyses, calls, recordings, traces, transcripts
from callscope.storage import migrations
from tests.pipeline.conftest import Pipeline
from tests.support.database import DatabaseServer
from tests.support.recording_server import RecordingServer, Reply
from tests.support.tones import tone_wav

RELEASED = "0013"
STORED = Path(__file__).parent / "released" / f"{RELEASED}.sql"
WAV = tone_wav(seconds=0.5)
WHOLE_ROWS = frozenset(
    ("call", "call_agent", "call_customer", "transcript", "transcript_entry", "tool_invocation", "call_key", "analysis")
)
"""Tables into which the release inserts whole rows: of a column it does not know it says NULL, whatever its default."""
COLUMNS = """
    SELECT table_name, column_name, data_type, is_nullable = 'YES', column_default IS NOT NULL
    FROM information_schema.columns WHERE table_schema = 'public'
"""


@pytest.fixture
def database_url(database_server: DatabaseServer, server: RecordingServer) -> Iterator[str]:
    """The database of the release before, upgraded."""
    url = database_server.create_empty()
    migrations.upgrade(url, revision=RELEASED)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(STORED.read_text().replace("RECORDINGS", f"127.0.0.1:{server.port}"))
    assert migrations.upgrade(url) == migrations.newest_revision()
    yield url
    database_server.drop(url)


async def stored_call(pipeline: Pipeline, external_id: str) -> Call:
    async with pipeline.sessions() as session:
        query = "SELECT project_id, id FROM call WHERE external_id = %(external_id)s"
        connection = await (await session.connection()).get_raw_connection()
        assert connection.driver_connection is not None
        row = await (await connection.driver_connection.execute(query, {"external_id": external_id})).fetchone()
        assert row is not None
        return await calls.get_call(session, row[0], row[1])


async def test_what_the_release_stored_is_read(pipeline: Pipeline) -> None:
    call = await stored_call(pipeline, "analysed")

    async with pipeline.sessions() as session:
        transcript = await transcripts.read_transcript(session, call.project_id, call.id)
        values = await analyses.read_values_of_calls(session, call.project_id, [call.id], evidence_limit=10)
        to_play = await recordings.to_play(session, [call.id])
        (found,) = await traces.traces_of_call(session, call.project_id, call.id)
        listed = await traces.list_traces(session, call.project_id, TraceQuery())

    assert (await pipeline.analysis(call)).status is AnalysisStatus.COMPLETED
    assert transcript is not None
    assert [entry.text for entry in transcript.entries] == ["Hello, how can I help?", "I lost my card."]
    assert call.properties == {"plan": "gold"}
    assert len(values[call.id]) > 10
    assert list(to_play) == [call.id]
    assert len(found.spans) == 1
    assert [summary.trace_id for summary in listed.items] == [found.summary.trace_id]


async def test_a_job_the_release_queued_is_done(pipeline: Pipeline, server: RecordingServer) -> None:
    server.serve("/call.wav", Reply(body=WAV))
    call = await stored_call(pipeline, "waiting")

    await pipeline.run()

    analysis = await pipeline.analysis(call)
    assert (analysis.status, analysis.reason) == (AnalysisStatus.COMPLETED, None)


def columns_of(url: str) -> dict[tuple[str, str], tuple[str, bool, bool]]:
    """Return type, whether it may be NULL and whether it has a default, by table and column."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(COLUMNS).fetchall()
    return {
        (table, column): (type_, is_nullable, has_default) for table, column, type_, is_nullable, has_default in rows
    }


def test_what_the_release_writes_and_reads_is_still_there(database_server: DatabaseServer) -> None:
    """Servers and workers of the release go on: nothing they know has changed, nothing else is asked of them."""
    urls = [database_server.create_empty() for _ in range(2)]
    migrations.upgrade(urls[0], revision=RELEASED)
    migrations.upgrade(urls[1])
    before, now = (columns_of(url) for url in urls)

    assert {place: column for place, column in before.items() if now.get(place) != column} == {}
    tables = {table for table, _ in before}
    asked_for = [
        place
        for place, (_, is_nullable, has_default) in now.items()
        if place not in before
        and place[0] in tables
        and not (is_nullable or (has_default and place[0] not in WHOLE_ROWS))
    ]
    assert asked_for == []
    for url in urls:
        database_server.drop(url)
