"""A call of a real Pipecat pipeline with the real observer: `pipecat_plugin.py SERVER KEY CUSTOMER_PCM AGENT_PCM`.

A program of its own: the agent's packages live in another environment than Callscope's. The two files hold what each
party says, 16-bit samples in one channel at `RATE_HZ`; everything plays in real time.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from types import SimpleNamespace

import pipecat_roark.client
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from patient_clock import run
from pipecat.frames.frames import (
    BotStoppedSpeakingFrame,
    EndFrame,
    Frame,
    FunctionCallInProgressFrame,
    FunctionCallResultFrame,
    InputAudioRawFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    OutputAudioRawFrame,
    StartFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TTSService
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams
from pipecat.utils.time import time_now_iso8601
from pipecat.utils.tracing.service_decorators import traced_tts
from pipecat.utils.tracing.setup import setup_tracing
from pipecat.workers.runner import WorkerRunner
from pipecat_roark import RoarkObserver

RATE_HZ = 48_000
FRAME_MS = 20
FRAME_BYTES = 2 * RATE_HZ * FRAME_MS // 1000
GREETING = "Thank you for calling, how may I help you today?"
SAID = "I would like to change my delivery address please."
ANSWER = "Let me look that up in our system."


class Mouth(TTSService):
    """Says everything with the same sound."""

    def __init__(self, sound: bytes) -> None:
        super().__init__(
            sample_rate=RATE_HZ,
            push_start_frame=True,
            push_stop_frames=True,
            stop_frame_timeout_s=0.2,
            settings=TTSSettings(model="mouth-1", voice="v", language=None),
        )
        self._sound = sound

    @traced_tts
    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        del text
        await asyncio.sleep(0.03)
        yield TTSAudioRawFrame(self._sound, RATE_HZ, 1, context_id=context_id)


class Brain(FrameProcessor):
    """Greets, and answers what was said after a look at a tool."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        await self.push_frame(frame, direction)
        if isinstance(frame, TranscriptionFrame):
            call = {"function_name": "find_order", "tool_call_id": "call-1", "arguments": {"order": 7}}
            await self.push_frame(FunctionCallInProgressFrame(**call))
            await asyncio.sleep(0.1)
            await self.push_frame(FunctionCallResultFrame(**call, result={"state": "sent"}))
            await self.say(ANSWER)

    async def say(self, text: str) -> None:
        for frame in (LLMFullResponseStartFrame(), LLMTextFrame(text), LLMFullResponseEndFrame()):
            await self.push_frame(frame)


class Line(BaseOutputTransport):
    """Plays in real time to nobody, and notes when the agent has finished."""

    def __init__(self) -> None:
        super().__init__(TransportParams(audio_out_enabled=True, audio_out_end_silence_secs=0))
        self.has_spoken = asyncio.Event()

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        await asyncio.sleep(len(frame.audio) / (2 * RATE_HZ))
        return True

    async def push_frame(self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM) -> None:
        await super().push_frame(frame, direction)
        if isinstance(frame, BotStoppedSpeakingFrame):
            self.has_spoken.set()


class Observer(RoarkObserver):
    """The observer, which says when its start of the call was answered.

    Until then it looks at no frame, and takes a later one for the first of the recording.
    """

    def __init__(self, key: str) -> None:
        super().__init__(
            api_key=key,
            agent_id="desk-v3",
            agent_name="Desk",
            agent_prompt="You answer the phone.",
            runner_args=SimpleNamespace(session_id="pc-plugin"),
        )
        self.is_ready = asyncio.Event()

    async def on_pipeline_started(self) -> None:
        await super().on_pipeline_started()
        self.is_ready.set()


class Microphone:
    """Sends what the customer says in real time, and silence when nothing is said."""

    def __init__(self, worker: PipelineWorker) -> None:
        self._worker = worker
        self._waiting = b""

    async def run(self) -> None:
        clock = asyncio.get_running_loop().time
        next_at = clock()
        while True:
            part, self._waiting = self._waiting[:FRAME_BYTES], self._waiting[FRAME_BYTES:]
            await self._worker.queue_frame(InputAudioRawFrame(part.ljust(FRAME_BYTES, b"\0"), RATE_HZ, 1))
            next_at += FRAME_MS / 1000
            await asyncio.sleep(max(0, next_at - clock()))

    async def say(self, sound: bytes) -> None:
        await self._worker.queue_frame(UserStartedSpeakingFrame())
        self._waiting = sound
        await asyncio.sleep(len(sound) / (2 * RATE_HZ))
        await self._worker.queue_frame(UserStoppedSpeakingFrame())
        await self._worker.queue_frame(TranscriptionFrame(SAID, "customer-1", time_now_iso8601(), finalized=True))


async def main(server: str, key: str, customer_pcm: bytes, agent_pcm: bytes) -> None:
    pipecat_roark.client.WEBHOOK_URL = f"{server}/v1/integrations/pipecat"
    pipecat_roark.client.CHUNK_UPLOAD_URL_ENDPOINT = f"{server}/v1/integrations/pipecat/chunk-upload-url"
    exporter = OTLPSpanExporter(endpoint=f"{server}/v1/traces", headers={"authorization": f"Bearer {key}"})
    setup_tracing(service_name="pipecat-desk", exporter=exporter)
    observer = Observer(key)
    brain, line = Brain(), Line()
    worker = PipelineWorker(
        Pipeline([brain, Mouth(agent_pcm), line, observer.audio_processor]),
        params=PipelineParams(audio_in_sample_rate=RATE_HZ, audio_out_sample_rate=RATE_HZ),
        observers=[observer],
        enable_tracing=True,
        conversation_id=observer.pipecat_call_id,
    )
    microphone = Microphone(worker)

    async def call() -> None:
        await asyncio.wait_for(observer.is_ready.wait(), timeout=60)
        sending = asyncio.create_task(microphone.run())
        await asyncio.sleep(0.2)
        await brain.say(GREETING)
        await asyncio.wait_for(line.has_spoken.wait(), timeout=30)
        line.has_spoken.clear()
        await microphone.say(customer_pcm)
        await asyncio.wait_for(line.has_spoken.wait(), timeout=30)
        sending.cancel()
        await worker.queue_frame(EndFrame(reason="client-disconnected"))

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await asyncio.gather(runner.run(), call())
    # A bot's process lives on; this one must not end before the observer has sent the end.
    await observer.aflush()
    trace.get_tracer_provider().shutdown()  # type: ignore[attr-defined] # the SDK's provider has it


if __name__ == "__main__":
    run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]).read_bytes(), Path(sys.argv[4]).read_bytes()))
