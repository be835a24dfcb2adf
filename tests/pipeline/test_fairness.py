from callscope.core.jobs import AUDIO_QUEUE
from callscope.storage import fair_turns, projects
from callscope.storage.engine import SessionFactory
from tests.pipeline.conftest import Pipeline
from tests.support.ingested_calls import ingest_call
from tests.support.recording_server import RecordingServer, Reply
from tests.support.tones import tone_wav


async def test_a_noisy_project_does_not_starve_another(pipeline: Pipeline, server: RecordingServer) -> None:
    """Twenty calls of one project wait to be fetched when a call of another comes: it is the second to be served."""
    fetched: list[str] = []
    wav = tone_wav(seconds=0.5)

    def serve(name: str) -> str:
        def answer(_: object) -> Reply:
            fetched.append(name)
            return Reply(body=wav)

        return server.serve(f"/{name}.wav", answer)

    for number in range(20):
        name = f"noisy-{number}"
        await ingest_call(pipeline.sessions, recording_url=serve(name), external_id=name)
    await run_transcript_stage(pipeline)
    await ingest_call(pipeline.sessions, recording_url=serve("quiet"), project_name="quiet")
    await run_transcript_stage(pipeline)

    await run_queue(pipeline, "network")

    assert fetched.index("quiet") <= 2
    assert [name for name in fetched if name != "quiet"] == [f"noisy-{number}" for number in range(20)]


async def run_queue(pipeline: Pipeline, queue: str) -> None:
    await pipeline.app.run_worker_async(queues=[queue], wait=False, install_signal_handlers=False, listen_notify=False)


async def run_transcript_stage(pipeline: Pipeline) -> None:
    await run_queue(pipeline, "short")


async def test_a_project_that_was_busy_before_is_not_made_to_wait_for_it(sessions: SessionFactory) -> None:
    async with sessions.begin() as session:
        busy, other = [await projects.find_or_create(session, name) for name in ("busy", "other")]
        for _ in range(50):
            last = await fair_turns.take(session, busy, AUDIO_QUEUE)
        # Nothing waits any more: whoever comes first now is served first.
        assert await fair_turns.take(session, other, AUDIO_QUEUE) == last - 1
        assert await fair_turns.take(session, busy, AUDIO_QUEUE) == last - 2


async def test_lines_are_apart(sessions: SessionFactory) -> None:
    async with sessions.begin() as session:
        project_id = await projects.find_or_create(session, "one")
        assert [await fair_turns.take(session, project_id, queue) for queue in ("a", "a", "b")] == [-1, -2, -1]
