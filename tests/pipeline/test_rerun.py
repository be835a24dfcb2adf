"""Analysing a call again: from its stored recording, with the old values in place until new ones replace them."""

from sqlalchemy import text

from callscope.core.analysis import AnalysisStatus, Stage
from callscope.core.call import Call
from callscope.services import analyses
from tests.pipeline.conftest import Pipeline
from tests.pipeline.test_fetching import LINES
from tests.support.ingested_calls import STARTED_AT, ingest_call
from tests.support.recording_server import RecordingServer, Reply
from tests.support.tones import tone_wav


async def rerun(pipeline: Pipeline, call: Call) -> Stage:
    async with pipeline.sessions.begin() as session:
        return (await analyses.rerun(session, call.project_id, call.id, at=STARTED_AT.replace(year=2027))).stage


async def age_values(pipeline: Pipeline) -> None:
    """Make every value one of an earlier version of the product."""
    async with pipeline.sessions.begin() as session:
        await session.execute(text("UPDATE metric_value SET version = 0, method = 'an earlier method'"))


async def methods(pipeline: Pipeline, call: Call) -> dict[str, set[tuple[int, str]]]:
    async with pipeline.sessions() as session:
        found: dict[str, set[tuple[int, str]]] = {}
        for one in await analyses.read_values(session, call.project_id, call.id):
            found.setdefault(one.value.slug, set()).add((one.value.version, one.value.method))
        return found


async def test_old_values_stay_under_their_version_until_they_are_replaced(
    pipeline: Pipeline, server: RecordingServer
) -> None:
    call = await ingest_call(
        pipeline.sessions, recording_url=server.serve("/a", Reply(body=tone_wav(seconds=3))), lines=LINES
    )
    await pipeline.run()
    before = await methods(pipeline, call)
    await age_values(pipeline)
    server.serve("/a", Reply(status=404))

    assert await rerun(pipeline, call) is Stage.MEASURE
    assert all(told == {(0, "an earlier method")} for told in (await methods(pipeline, call)).values())

    await pipeline.run()
    analysis = await pipeline.analysis(call)
    assert (analysis.status, analysis.reason) == (AnalysisStatus.COMPLETED, None)
    assert await methods(pipeline, call) == before


async def test_a_recording_that_could_not_be_fetched_is_fetched_anew(
    pipeline: Pipeline, server: RecordingServer
) -> None:
    call = await ingest_call(pipeline.sessions, recording_url=server.serve("/a", Reply(status=404)), lines=LINES)
    await pipeline.run()
    assert (await pipeline.analysis(call)).status is AnalysisStatus.FAILED
    server.serve("/a", Reply(body=tone_wav(seconds=3)))

    assert await rerun(pipeline, call) is Stage.FETCH
    await pipeline.run()
    assert (await pipeline.analysis(call)).status is AnalysisStatus.COMPLETED
