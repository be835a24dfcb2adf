"""One turn of a real Pipecat pipeline, its models played by scripts: `pipecat_agent.py ENDPOINT KEY`.

A program of its own: the agent's packages may live in another environment than Callscope's.
"""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator

from aiohttp import web
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from pipecat.frames.frames import (
    EndFrame,
    Frame,
    InputAudioRawFrame,
    LLMContextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSStoppedFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.services.settings import STTSettings, TTSSettings
from pipecat.services.stt_service import STTService
from pipecat.services.tts_service import TTSService
from pipecat.utils.time import time_now_iso8601
from pipecat.utils.tracing.service_decorators import traced_stt, traced_tts
from pipecat.utils.tracing.setup import setup_tracing
from pipecat.workers.runner import WorkerRunner

RATE_HZ = 16_000
SAID = "where is my order"
ANSWER = "It arrives on Friday."


class Ears(STTService):
    def __init__(self) -> None:
        super().__init__(sample_rate=RATE_HZ, ttfs_p99_latency=0.0, settings=STTSettings(model="ears-1", language=None))

    @traced_stt
    async def _handle_transcription(self, transcript: str, is_final: bool, language: str | None = None) -> None:
        pass

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        del audio
        await self._handle_transcription(SAID, is_final=True)
        yield TranscriptionFrame(SAID, "customer", time_now_iso8601(), finalized=True)


class Mouth(TTSService):
    def __init__(self) -> None:
        super().__init__(
            sample_rate=RATE_HZ,
            push_start_frame=True,
            push_stop_frames=True,
            stop_frame_timeout_s=0.2,
            settings=TTSSettings(model="mouth-1", voice="v", language=None),
        )

    @traced_tts
    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        del text
        await asyncio.sleep(0.03)
        yield TTSAudioRawFrame(bytes(2 * RATE_HZ // 5), RATE_HZ, 1, context_id=context_id)


class Asking(FrameProcessor):
    """Gives the model what was recognized, as an aggregator of contexts does."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TranscriptionFrame):
            await self.push_frame(LLMContextFrame(LLMContext([{"role": "user", "content": frame.text}])))
        await self.push_frame(frame, direction)


class Caller(FrameProcessor):
    """Notes that the answer came."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = asyncio.Event()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSStoppedFrame):
            self.heard.set()
        await self.push_frame(frame, direction)


async def complete(request: web.Request) -> web.StreamResponse:
    """Answer like an OpenAI-compatible server, in a stream."""
    await request.read()
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)
    await asyncio.sleep(0.05)
    head = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "brain-1"}
    choice = {"index": 0, "delta": {"role": "assistant", "content": ANSWER}, "finish_reason": None}
    usage = {"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16}
    for chunk in ({**head, "choices": [choice]}, {**head, "choices": [], "usage": usage}):
        await response.write(f"data: {json.dumps(chunk)}\n\n".encode())
    await response.write(b"data: [DONE]\n\n")
    return response


async def main(endpoint: str, key: str) -> None:
    exporter = OTLPSpanExporter(endpoint=endpoint, headers={"authorization": f"Bearer {key}"})
    setup_tracing(service_name="pipecat-desk", exporter=exporter)
    server = web.AppRunner(application())
    await server.setup()
    site = web.TCPSite(server, "127.0.0.1", 0)
    await site.start()
    port = server.addresses[0][1]
    brain = OpenAILLMService(
        api_key="none", base_url=f"http://127.0.0.1:{port}/v1", settings=OpenAILLMService.Settings(model="brain-1")
    )
    caller = Caller()
    worker = PipelineWorker(
        Pipeline([Ears(), Asking(), brain, Mouth(), caller]),
        params=PipelineParams(enable_metrics=True, enable_usage_metrics=True),
        enable_tracing=True,
        conversation_id="pc-real",
    )

    async def call() -> None:
        await worker.queue_frame(VADUserStartedSpeakingFrame())
        await asyncio.sleep(0.1)
        await worker.queue_frame(VADUserStoppedSpeakingFrame())
        await worker.queue_frame(InputAudioRawFrame(bytes(640), RATE_HZ, 1))
        await asyncio.wait_for(caller.heard.wait(), timeout=30)
        await worker.queue_frame(EndFrame())

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await asyncio.gather(runner.run(), call())
    await server.cleanup()
    flush()


def application() -> web.Application:
    app = web.Application()
    app.router.add_post("/v1/chat/completions", complete)
    return app


def flush() -> None:
    from opentelemetry import trace  # noqa: PLC0415 - the provider is made by Pipecat's own set-up

    trace.get_tracer_provider().shutdown()  # type: ignore[attr-defined] # the SDK's provider has it


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
