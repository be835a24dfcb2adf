import asyncio
import hashlib

import pytest

from callscope.core.analysis import AnalysisStatus, Stage
from callscope.core.call import Role
from callscope.core.conversation import TimingBasis
from callscope.core.recording import RecordingKind
from callscope.services import analyses, calls, recordings
from callscope.storage.objects import recordings_folder
from tests.pipeline.conftest import Pipeline
from tests.support.ingested_calls import ingest_call
from tests.support.recording_server import RecordingServer, Reply, SeenRequest
from tests.support.tones import tone_wav

WAV = tone_wav(seconds=0.5)
LINES = [
    (Role.AGENT, "Hello, how can I help?", 0, 2000),
    (Role.CUSTOMER, "I lost my card.", 2500, 4000),
    (Role.AGENT, "Let me block it for you.", 5200, 7000),
]


async def stored_keys(pipeline: Pipeline) -> list[str]:
    return await pipeline.context.objects.keys("")


async def test_a_recording_is_fetched_hashed_and_kept(pipeline: Pipeline, server: RecordingServer) -> None:
    call = await ingest_call(pipeline.sessions, recording_url=server.serve("/a.wav", Reply(body=WAV)))

    await pipeline.run()

    async with pipeline.sessions() as session:
        (kept,) = await recordings.of_call(session, call.project_id, call.id)
    assert (kept.kind, kept.size_bytes, kept.content_type) == (RecordingKind.MAIN, len(WAV), "audio/wav")
    assert kept.sha256 == hashlib.sha256(WAV).hexdigest()
    assert await stored_keys(pipeline) == [kept.object_key]
    assert kept.object_key.startswith(recordings_folder(call.project_id, call.id))


async def test_both_recordings_are_kept(pipeline: Pipeline, server: RecordingServer) -> None:
    call = await ingest_call(
        pipeline.sessions,
        recording_url=server.serve("/mono.wav", Reply(body=tone_wav(seconds=0.5, channel_count=1))),
        stereo_recording_url=server.serve("/stereo.wav", Reply(body=WAV)),
    )

    await pipeline.run()

    async with pipeline.sessions() as session:
        kept = await recordings.of_call(session, call.project_id, call.id)
    assert [recording.kind for recording in kept] == [RecordingKind.MAIN, RecordingKind.STEREO]
    best = recordings.best_for_measuring(kept)
    assert best is not None
    assert best.kind is RecordingKind.STEREO


async def test_the_transcripts_wave_does_not_wait_for_the_recording(
    pipeline: Pipeline, server: RecordingServer
) -> None:
    call = await ingest_call(pipeline.sessions, recording_url=server.serve("/a", Reply(status=404)), lines=LINES)

    await pipeline.run()

    async with pipeline.sessions() as session:
        conversation = await analyses.read_conversation(session, call.project_id, call.id)
        values = await analyses.read_values(session, call.project_id, call.id)
    assert conversation is not None
    assert conversation.basis is TimingBasis.TRANSCRIPT
    assert len(conversation.turns) == 3
    assert any(computed.value.slug == "word_count" and computed.value.value for computed in values)
    assert (await pipeline.analysis(call)).status is AnalysisStatus.FAILED


@pytest.mark.parametrize(
    ("reply", "tries", "word"),
    [
        (Reply(status=404), 2, "404"),
        (Reply(status=410), 2, "410"),
        (Reply(status=503), 4, "503"),
        (Reply(status=429), 4, "429"),
        (Reply(body=WAV, sent_bytes=5000), 4, "broke off"),
        (Reply(body=b"<html>" * 1000, headers={"content-type": "audio/wav"}), 1, "audio format"),
        (Reply(body=b""), 1, "empty"),
        (Reply(body=WAV, headers={"content-encoding": "br"}), 1, "br"),
        (Reply(is_endless=True, body=b""), 1, "audio format"),
        (Reply(status=302, headers={"location": "http://169.254.169.254/"}), 1, "public"),
    ],
)
async def test_what_cannot_be_fetched_fails_its_call_with_a_reason(
    pipeline: Pipeline, server: RecordingServer, reply: Reply, tries: int, word: str
) -> None:
    call = await ingest_call(pipeline.sessions, recording_url=server.serve("/a", reply))

    await pipeline.run()

    analysis = await pipeline.analysis(call)
    assert (analysis.status, analysis.stage) == (AnalysisStatus.FAILED, Stage.FETCH)
    assert word in (analysis.reason or "")
    assert analysis.finished_at is not None
    assert server.count("/a") == tries
    assert await stored_keys(pipeline) == []
    assert await pipeline.job_statuses() == ["succeeded"] * len(await pipeline.job_statuses())


async def test_a_server_that_comes_back_is_fetched_from(pipeline: Pipeline, server: RecordingServer) -> None:
    def second_time_lucky(_: SeenRequest) -> Reply:
        return Reply(status=503) if server.count("/a") == 1 else Reply(body=WAV)

    call = await ingest_call(pipeline.sessions, recording_url=server.serve("/a", second_time_lucky))

    await pipeline.run()

    analysis = await pipeline.analysis(call)
    assert analysis.stage is not Stage.FETCH
    assert server.count("/a") == 2


async def test_a_recording_that_grows_past_the_limit_is_refused(pipeline: Pipeline, server: RecordingServer) -> None:
    huge = tone_wav(seconds=1) + b"\0" * pipeline.context.max_recording_bytes
    call = await ingest_call(pipeline.sessions, recording_url=server.serve("/a", Reply(body=huge, has_length=False)))

    await pipeline.run()

    analysis = await pipeline.analysis(call)
    assert analysis.status is AnalysisStatus.FAILED
    assert "larger" in (analysis.reason or "")
    assert await stored_keys(pipeline) == []


async def test_half_of_two_recordings_leaves_nothing_behind(pipeline: Pipeline, server: RecordingServer) -> None:
    call = await ingest_call(
        pipeline.sessions,
        recording_url=server.serve("/a", Reply(body=WAV)),
        stereo_recording_url=server.serve("/b", Reply(status=404)),
    )

    await pipeline.run()

    assert (await pipeline.analysis(call)).status is AnalysisStatus.FAILED
    assert await stored_keys(pipeline) == []


async def test_a_deleted_call_is_not_analysed(pipeline: Pipeline, server: RecordingServer) -> None:
    call = await ingest_call(pipeline.sessions, recording_url=server.serve("/a", Reply(body=WAV)), lines=LINES)
    async with pipeline.sessions.begin() as session:
        await calls.delete_call(session, call.project_id, call.id, now=pipeline.context.clock.now())

    await pipeline.run()

    assert (await pipeline.analysis(call)).status is AnalysisStatus.CANCELLED
    assert server.requests == []
    assert set(await pipeline.job_statuses()) == {"succeeded"}


async def test_a_call_deleted_while_its_recording_comes_in_leaves_no_object(
    pipeline: Pipeline, server: RecordingServer
) -> None:
    hold = asyncio.Event()
    call = await ingest_call(pipeline.sessions, recording_url=server.serve("/a", Reply(body=WAV, hold=hold)))
    running = asyncio.create_task(pipeline.run())
    await server.started.wait()

    async with pipeline.sessions.begin() as session:
        await calls.delete_call(session, call.project_id, call.id, now=pipeline.context.clock.now())
    hold.set()
    await running

    assert (await pipeline.analysis(call)).status is AnalysisStatus.CANCELLED
    assert server.count("/a") == 1
    assert await stored_keys(pipeline) == []
