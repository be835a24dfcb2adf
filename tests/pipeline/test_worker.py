import asyncio

import psycopg
import pytest

from callscope.core.analysis import AnalysisStatus
from callscope.core.call import Call
from callscope.pipeline.app import create_app
from callscope.pipeline.context import PipelineContext
from callscope.pipeline.worker import WorkerLost, WorkerRules, run_worker
from callscope.services import analyses
from tests.pipeline.conftest import Pipeline
from tests.support.ingested_calls import ingest_call
from tests.support.recording_server import RecordingServer, Reply
from tests.support.tones import tone_wav

RULES = WorkerRules(heartbeat_s=0.1, stalled_after_s=1.0, poll_s=0.1, stop_grace_s=0.1)
WAV = tone_wav()


async def work_until_final(context: PipelineContext, database_url: str, call: Call) -> AnalysisStatus:
    """Run a worker until the call's analysis has ended, and return how."""
    stop = asyncio.Event()
    working = asyncio.create_task(
        run_worker(create_app(context, database_url=database_url), context, RULES, told_to_stop=stop)
    )
    while True:
        async with context.sessions() as session:
            status = (await analyses.latest(session, call.project_id, call.id)).status
        if status.is_final:
            stop.set()
            await working
            return status


async def test_a_worker_that_cannot_record_the_end_of_a_job_gives_its_place_to_another(
    context: PipelineContext, database_url: str, server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = await ingest_call(context.sessions, recording_url=server.serve("/a", Reply(body=WAV)))
    app = create_app(context, database_url=database_url)

    async def unrecorded(**_: object) -> None:
        raise psycopg.OperationalError("the connection is lost")

    monkeypatch.setattr(app.job_manager, "finish_job", unrecorded)

    with pytest.raises(WorkerLost):
        await run_worker(app, context, RULES, told_to_stop=asyncio.Event())

    assert await work_until_final(context, database_url, call) is AnalysisStatus.COMPLETED


async def test_what_a_stopped_worker_did_not_finish_is_put_back_and_done_by_the_next(
    context: PipelineContext, database_url: str, server: RecordingServer, pipeline: Pipeline
) -> None:
    hold = asyncio.Event()
    call = await ingest_call(context.sessions, recording_url=server.serve("/a", Reply(body=WAV, hold=hold)))
    stop = asyncio.Event()
    app = create_app(context, database_url=database_url)
    working = asyncio.create_task(run_worker(app, context, RULES, told_to_stop=stop))
    await server.started.wait()

    stop.set()
    await working

    assert "doing" not in await pipeline.job_statuses()
    assert "todo" in await pipeline.job_statuses()
    hold.set()
    assert await work_until_final(context, database_url, call) is AnalysisStatus.COMPLETED
    assert len(await context.objects.keys("")) == 1


async def test_a_worker_told_to_stop_before_it_began_ends_at_once(context: PipelineContext, database_url: str) -> None:
    stop = asyncio.Event()
    stop.set()

    await run_worker(create_app(context, database_url=database_url), context, RULES, told_to_stop=stop)


async def test_a_download_that_drags_on_holds_no_other_call_up(
    context: PipelineContext, database_url: str, server: RecordingServer
) -> None:
    hold = asyncio.Event()
    await ingest_call(context.sessions, recording_url=server.serve("/slow", Reply(body=WAV, hold=hold)))
    prompt = await ingest_call(context.sessions, recording_url=server.serve("/prompt", Reply(body=WAV)))

    assert await work_until_final(context, database_url, prompt) is AnalysisStatus.COMPLETED
    assert not hold.is_set()
