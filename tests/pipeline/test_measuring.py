import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from callscope.core.analysis import AnalysisStatus, Stage
from callscope.core.call import CallDirection, Role
from callscope.core.conversation import TimingBasis
from callscope.core.metric import ValueState
from callscope.pipeline.app import create_app
from callscope.pipeline.child_process import ChildDied, ChildLimits
from callscope.pipeline.context import PipelineContext
from callscope.pipeline.measuring_process import MeasuringRefused, MeasuringRequest, measure_apart
from callscope.services import analyses, calls, sentiment, transcripts
from callscope.services.sentiment import Sentiment, SentimentStatus
from tests.pipeline.conftest import Pipeline
from tests.pipeline.test_fetching import LINES
from tests.support.demo_calls import MONO, transcript_of
from tests.support.ingested_calls import STARTED_AT, ingest_call
from tests.support.recording_server import RecordingServer, Reply
from tests.support.service import working_apart
from tests.support.tones import tone_wav

LIMITS = ChildLimits(memory_bytes=2 * 1024**3, timeout_s=60)


def request_for(path: Path, content: bytes, *, max_duration_ms: int = 60_000) -> MeasuringRequest:
    path.write_bytes(content)
    return MeasuringRequest(
        path=path, transcript=(), tools=(), direction=CallDirection.INBOUND, max_duration_ms=max_duration_ms
    )


def children() -> list[psutil.Process]:
    return working_apart(psutil.Process())


def wait_for_child() -> None:
    while not children():
        pass


async def test_a_call_is_measured_from_its_recording(pipeline: Pipeline, server: RecordingServer) -> None:
    call = await ingest_call(
        pipeline.sessions, recording_url=server.serve("/a", Reply(body=tone_wav(seconds=3))), lines=LINES
    )

    await pipeline.run()

    analysis = await pipeline.analysis(call)
    assert (analysis.status, analysis.stage, analysis.reason) == (AnalysisStatus.COMPLETED, Stage.CONCLUDE, None)
    async with pipeline.sessions() as session:
        measured = await analyses.read_recording_analysis(session, call.project_id, call.id)
        conversation = await analyses.read_conversation(session, call.project_id, call.id)
        values = await analyses.read_values(session, call.project_id, call.id)
        peaks = await analyses.read_peaks(session, call.project_id, call.id)
        renewed = await calls.get_call(session, call.project_id, call.id)
    assert measured is not None
    assert (measured.duration_ms, measured.probe.channel_count) == (3000, 2)
    assert peaks == measured.peaks
    assert len(measured.peaks.channels) == 2
    # Both channels hold the same tone: no party can be told from it, so the transcript's times stand.
    assert conversation is not None
    assert conversation.basis is TimingBasis.TRANSCRIPT
    (duration,) = [computed.value for computed in values if computed.value.slug == "call_duration"]
    assert (duration.state, duration.value) == (ValueState.SUCCESS, 3000)
    assert renewed.duration_ms == 3000
    assert renewed.ended_at is not None
    assert (renewed.ended_at - STARTED_AT).total_seconds() == 3
    assert set(await pipeline.job_statuses()) == {"succeeded"}


async def test_a_brought_transcript_is_kept_as_it_came_and_laid_on_the_speech(
    pipeline: Pipeline, server: RecordingServer
) -> None:
    said = transcript_of(MONO)
    late_ms = 2_000
    lines = [(one.role, one.text, one.start_offset_ms + late_ms, one.end_offset_ms + late_ms) for one in said]
    call = await ingest_call(
        pipeline.sessions, recording_url=server.serve("/a", Reply(body=MONO.read_bytes())), lines=lines
    )

    await pipeline.run()

    async with pipeline.sessions() as session:
        transcript = await transcripts.read_transcript(session, call.project_id, call.id)
        measured = await analyses.read_measured_recording(session, call.project_id, call.id)
        conversation = await analyses.read_conversation(session, call.project_id, call.id)
    assert transcript is not None
    assert [entry.start_offset_ms for entry in transcript.entries] == [start_ms for _, _, start_ms, _ in lines]
    laid = [(entry, one) for entry, one in zip(transcript.entries, said, strict=True) if entry.heard_start_ms]
    assert len(laid) >= len(said) - 2
    assert all(abs(entry.marker_ms - one.start_offset_ms) < 300 for entry, one in laid)
    assert measured is not None
    assert "transcript_clock" in {finding.code for finding in measured.report.findings}
    assert conversation is not None
    assert conversation.basis is TimingBasis.ALIGNED_TRANSCRIPT


async def test_what_was_said_gives_the_call_its_title_summary_and_sentiment(
    pipeline: Pipeline, server: RecordingServer
) -> None:
    lines = [
        (Role.CUSTOMER, "Hello, my card is gone.", 0, 2000),
        (Role.AGENT, "Your old card is blocked now.", 2500, 4000),
        (Role.CUSTOMER, "Thank you, that is wonderful.", 4500, 6000),
    ]
    call = await ingest_call(
        pipeline.sessions, recording_url=server.serve("/a", Reply(body=tone_wav(seconds=3))), lines=lines
    )

    await pipeline.run()

    async with pipeline.sessions() as session:
        told = await calls.get_call(session, call.project_id, call.id)
        run = await sentiment.read_sentiment(session, call.project_id, call.id)
    assert told.title == "My card is gone"
    assert told.summary == "Customer: \u201cMy card is gone.\u201d Agent: \u201cYour old card is blocked now.\u201d"
    assert (run.status, run.category, run.emotion) == (SentimentStatus.COMPLETED, Sentiment.POSITIVE, "gratitude")


async def test_the_stereo_recording_is_the_one_that_is_measured(pipeline: Pipeline, server: RecordingServer) -> None:
    call = await ingest_call(
        pipeline.sessions,
        recording_url=server.serve("/mono", Reply(body=tone_wav(seconds=2, channel_count=1))),
        stereo_recording_url=server.serve("/stereo", Reply(body=tone_wav(seconds=3))),
    )

    await pipeline.run()

    async with pipeline.sessions() as session:
        measured = await analyses.read_recording_analysis(session, call.project_id, call.id)
    assert measured is not None
    assert (measured.probe.channel_count, measured.duration_ms) == (2, 3000)


async def test_running_a_stage_again_changes_nothing(pipeline: Pipeline, server: RecordingServer) -> None:
    call = await ingest_call(pipeline.sessions, recording_url=server.serve("/a", Reply(body=tone_wav())), lines=LINES)
    await pipeline.run()
    async with pipeline.sessions() as session:
        before = await analyses.read_values(session, call.project_id, call.id)
    analysis = await pipeline.analysis(call)
    for name in pipeline.app.tasks:
        if not name.startswith(("builtin", "procrastinate")):
            await pipeline.app.configure_task(name).defer_async(analysis_id=str(analysis.id))

    await pipeline.run()

    async with pipeline.sessions() as session:
        assert await analyses.read_values(session, call.project_id, call.id) == before
    assert await pipeline.analysis(call) == analysis
    assert server.count("/a") == 1


async def test_a_file_that_is_no_recording_is_refused_with_a_reason(tmp_path: Path) -> None:
    request = request_for(tmp_path / "file", b"RIFF\xff\xff\xff\x7fWAVE" + b"junk" * 1000)

    with pytest.raises(MeasuringRefused) as refusal:
        await measure_apart(request, LIMITS, scratch_dir=tmp_path)

    assert refusal.value.message
    assert children() == []


async def test_a_recording_over_the_length_limit_is_refused(tmp_path: Path) -> None:
    request = request_for(tmp_path / "file", tone_wav(seconds=2), max_duration_ms=1000)

    with pytest.raises(MeasuringRefused):
        await measure_apart(request, LIMITS, scratch_dir=tmp_path)


async def test_a_process_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    request = request_for(tmp_path / "file", tone_wav())

    with pytest.raises(ChildDied, match="CALLSCOPE_ANALYSIS_TIMEOUT_S"):
        await measure_apart(request, replace(LIMITS, timeout_s=0.01), scratch_dir=tmp_path)

    assert children() == []


@pytest.mark.parametrize("mebibytes", [16, 64])
async def test_a_process_that_wants_too_much_memory_is_ended_or_refuses(tmp_path: Path, mebibytes: int) -> None:
    request = request_for(tmp_path / "file", tone_wav())

    with pytest.raises((ChildDied, MeasuringRefused)) as failure:
        await measure_apart(request, replace(LIMITS, memory_bytes=mebibytes * 1024**2), scratch_dir=tmp_path)

    assert f"{mebibytes} MiB" in failure.value.message
    assert children() == []


async def test_a_cancelled_stage_takes_its_process_along(tmp_path: Path) -> None:
    request = request_for(tmp_path / "file", tone_wav())
    measuring = asyncio.create_task(measure_apart(request, LIMITS, scratch_dir=tmp_path))
    await asyncio.to_thread(wait_for_child)

    measuring.cancel()
    with pytest.raises(asyncio.CancelledError):
        await measuring

    assert children() == []


async def test_a_poison_recording_fails_its_call_and_spares_the_worker(
    context: PipelineContext, database_url: str, server: RecordingServer
) -> None:
    cramped = replace(context, measure_memory_bytes=16 * 1024**2)
    call = await ingest_call(context.sessions, recording_url=server.serve("/a", Reply(body=tone_wav())))
    app = create_app(cramped, database_url=database_url)
    async with app.open_async():
        pipeline = Pipeline(context=cramped, app=app)

        await pipeline.run()

        analysis = await pipeline.analysis(call)
    assert (analysis.status, analysis.stage) == (AnalysisStatus.FAILED, Stage.MEASURE)
    assert "CALLSCOPE_ANALYSIS_MEMORY_BYTES" in (analysis.reason or "")


def test_measuring_goes_last_for_a_core() -> None:
    program = "import os; from callscope.pipeline.child_process import limit; limit(2**31); print(os.nice(0))"
    measuring = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(measuring.stdout) > os.nice(0)
