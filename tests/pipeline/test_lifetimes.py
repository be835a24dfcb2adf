"""Deleted and expired data is gone: proven by a search of every column of every table and of every stored byte."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from callscope.core.call import Call, Role
from callscope.pipeline.context import PipelineContext
from callscope.pipeline.lifetimes import apply_retention, remove_deleted_calls
from callscope.services import analyses, calls, project_rules
from callscope.storage.objects import call_folder
from tests.pipeline.conftest import Pipeline
from tests.support.ingested_calls import ingest_call
from tests.support.recording_server import RecordingServer, Reply
from tests.support.tones import tone_wav

MARK = "quetzalcoatl"
"""A word of one call that must not be found anywhere once that call is gone."""
WAV = tone_wav(seconds=0.5)


async def ingest_and_analyse(pipeline: Pipeline, server: RecordingServer, name: str, words: str) -> Call:
    lines = [(Role.AGENT, "Hello.", 0, 200), (Role.CUSTOMER, words, 250, 450)]
    url = server.serve(f"/{name}.wav", Reply(body=WAV))
    call = await ingest_call(pipeline.sessions, recording_url=url, lines=lines, external_id=name)
    await pipeline.run()
    return call


async def places_of(session: AsyncSession, needle: str, *, stands_alone: bool = False) -> list[str]:
    """Return the tables in any column of which `needle` is found, as text or as bytes.

    One that `stands_alone` is no part of an id, a hash or a longer number: those hold any four digits now and then.
    """
    tables = await session.execute(
        text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'procrastinate%'")
    )
    found = []
    for (table,) in tables.all():
        query = text(f'SELECT count(*) FROM "{table}" AS row WHERE lower(row::text) ~ ANY(:patterns)')  # noqa: S608 - its own name
        as_text = f"(?<![0-9a-f.-]){needle}(?![0-9a-f-])" if stands_alone else f"(?q){needle}"
        patterns = [as_text, needle.encode().hex()]
        if (await session.execute(query, {"patterns": patterns})).scalar_one():
            found.append(table)
    return found


def files_under(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


async def age(pipeline: Pipeline, call: Call, days: int) -> None:
    async with pipeline.sessions.begin() as session:
        query = text("UPDATE call SET created_at = created_at - make_interval(days => :days) WHERE id = :id")
        await session.execute(query, {"days": days, "id": call.id})


async def set_rules(pipeline: Pipeline, project_id: UUID, **rules: int) -> None:
    async with pipeline.sessions.begin() as session:
        await project_rules.change_rules(session, project_id, rules)


async def test_a_deleted_call_is_gone_from_database_and_object_store(
    pipeline: Pipeline, server: RecordingServer, tmp_path: Path
) -> None:
    call = await ingest_and_analyse(pipeline, server, "doomed", f"My word is {MARK}.")
    kept = await ingest_and_analyse(pipeline, server, "kept", "My word is another.")
    async with pipeline.sessions() as session:
        assert {"transcript_entry", "call_words", "ingest_request"} <= set(await places_of(session, MARK))
    async with pipeline.sessions.begin() as session:
        await calls.delete_call(session, call.project_id, call.id, now=pipeline.context.clock.now())

    await remove_deleted_calls(pipeline.context)

    async with pipeline.sessions() as session:
        assert await places_of(session, MARK) == []
        assert await places_of(session, str(call.id)) == []
        assert (await calls.get_call(session, kept.project_id, kept.id)).id == kept.id
    (stored,) = files_under(tmp_path / "objects")
    assert call_folder(kept.project_id, kept.id) in str(stored)


async def test_a_trace_goes_with_its_only_call_and_stays_with_another(pipeline: Pipeline) -> None:
    doomed = await ingest_call(pipeline.sessions, recording_url="http://127.0.0.1:9/", external_id="doomed")
    kept = await ingest_call(pipeline.sessions, recording_url="http://127.0.0.1:9/", external_id="kept")
    for trace_id, owners in (("aa" * 16, [doomed]), ("bb" * 16, [doomed, kept])):
        async with pipeline.sessions.begin() as session:
            await add_trace(session, doomed.project_id, trace_id, owners, pipeline.context.clock.now())
    async with pipeline.sessions.begin() as session:
        await calls.delete_call(session, doomed.project_id, doomed.id, now=pipeline.context.clock.now())

    await remove_deleted_calls(pipeline.context)

    async with pipeline.sessions() as session:
        left = await session.execute(
            text("SELECT encode(trace_id, 'hex'), call_id FROM trace JOIN trace_link USING (trace_id)")
        )
        assert [tuple(row) for row in left] == [("bb" * 16, kept.id)]


async def add_trace(session: AsyncSession, project_id: UUID, trace_id: str, owners: list[Call], at: datetime) -> None:
    values = {"project": project_id, "trace": bytes.fromhex(trace_id), "at": at}
    await session.execute(
        text(
            "INSERT INTO trace (project_id, trace_id, services, start_unix_ns, end_unix_ns, duration_ns, span_count,"
            " error_count, first_received_at, last_received_at)"
            " VALUES (:project, :trace, '{}', 0, 1, 1, 1, 0, :at, :at)"
        ),
        values,
    )
    for owner in owners:
        await session.execute(
            text(
                "INSERT INTO trace_link (project_id, trace_id, call_id, key, value, attribute)"
                " VALUES (:project, :trace, :call, 'manual', '', '')"
            ),
            {**values, "call": owner.id},
        )


async def test_a_removal_that_was_killed_half_way_is_finished_by_the_next(
    pipeline: Pipeline, server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = await ingest_and_analyse(pipeline, server, "doomed", MARK)
    async with pipeline.sessions.begin() as session:
        await calls.delete_call(session, call.project_id, call.id, now=pipeline.context.clock.now())
    with monkeypatch.context() as patched:
        patched.setattr("callscope.services.lifetimes.remove_call", fail)
        with pytest.raises(ConnectionError):
            await remove_deleted_calls(pipeline.context)

    await remove_deleted_calls(pipeline.context)

    async with pipeline.sessions() as session:
        assert await places_of(session, MARK) == []
    assert await pipeline.context.objects.keys("") == []


async def fail(*_: object) -> None:
    raise ConnectionError


async def test_recordings_go_after_their_time_and_what_was_measured_stays(
    pipeline: Pipeline, server: RecordingServer
) -> None:
    old = await ingest_and_analyse(pipeline, server, "old", MARK)
    young = await ingest_and_analyse(pipeline, server, "young", "other")
    await age(pipeline, old, 31)
    await set_rules(pipeline, old.project_id, recording_retention_days=30)

    await apply_retention(pipeline.context)

    (key,) = await pipeline.context.objects.keys("")
    assert key.startswith(call_folder(young.project_id, young.id))
    async with pipeline.sessions() as session:
        assert await analyses.read_values(session, old.project_id, old.id)
        assert "transcript_entry" in await places_of(session, MARK)


async def test_words_go_after_their_time_with_the_request_they_came_in(
    pipeline: Pipeline, server: RecordingServer
) -> None:
    old = await ingest_and_analyse(pipeline, server, "old", f"My word is {MARK}.")
    young = await ingest_and_analyse(pipeline, server, "young", "My word is zanzibar.")
    await age(pipeline, old, 31)
    await set_rules(pipeline, old.project_id, transcript_retention_days=30)

    await apply_retention(pipeline.context)

    async with pipeline.sessions() as session:
        assert await places_of(session, MARK) == []
        assert "transcript_entry" in await places_of(session, "zanzibar")
        assert (await calls.get_call(session, young.project_id, old.id)).external_id == "old"
    assert len(await pipeline.context.objects.keys("")) == 2


async def test_traces_go_after_their_projects_time(pipeline: Pipeline) -> None:
    call = await ingest_call(pipeline.sessions, recording_url="http://127.0.0.1:9/")
    now = pipeline.context.clock.now()
    async with pipeline.sessions.begin() as session:
        await add_trace(session, call.project_id, "aa" * 16, [call], now - timedelta(days=3))
        await add_trace(session, call.project_id, "bb" * 16, [call], now)
    await set_rules(pipeline, call.project_id, trace_retention_days=2)

    await apply_retention(pipeline.context)

    async with pipeline.sessions() as session:
        left = await session.execute(text("SELECT encode(trace_id, 'hex') FROM trace"))
        assert list(left.scalars()) == ["bb" * 16]


async def test_a_call_still_under_analysis_keeps_what_it_is_analysed_from(
    context: PipelineContext, pipeline: Pipeline
) -> None:
    call = await ingest_call(pipeline.sessions, recording_url="http://127.0.0.1:9/", lines=[(Role.AGENT, MARK, 0, 100)])
    await age(pipeline, call, 31)
    await set_rules(pipeline, call.project_id, transcript_retention_days=1, recording_retention_days=1)

    await apply_retention(context)

    async with pipeline.sessions() as session:
        assert "transcript_entry" in await places_of(session, MARK)
