"""One turn of a real LiveKit agent session, its models played by scripts: `livekit_agent.py ENDPOINT KEY`.

A program of its own: the agent's packages may live in another environment than Callscope's.
"""

import asyncio
import sys
import time
from typing import Any

from livekit import rtc
from livekit.agents import Agent, AgentSession, function_tool, llm, stt, tts
from livekit.agents.telemetry import set_tracer_provider
from livekit.agents.voice.io import AudioInput, AudioOutput, AudioOutputCapabilities
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

RATE_HZ = 16_000
SAID = "where is my order"
ANSWER = "It arrives on Friday."


def frame(duration_ms: int = 20) -> rtc.AudioFrame:
    count = RATE_HZ * duration_ms // 1000
    return rtc.AudioFrame(bytes(2 * count), RATE_HZ, 1, count)


class Microphone(AudioInput):
    """Silence in real time; what it says is the recognizer's matter."""

    def __init__(self) -> None:
        super().__init__(label="microphone")

    async def __anext__(self) -> rtc.AudioFrame:
        await asyncio.sleep(0.02)
        return frame()


class Loudspeaker(AudioOutput):
    """Plays at once."""

    def __init__(self) -> None:
        super().__init__(label="loudspeaker", capabilities=AudioOutputCapabilities(pause=False), sample_rate=RATE_HZ)
        self._played_s = 0.0

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if self._played_s == 0:
            self.on_playback_started(created_at=time.time())
        self._played_s += frame.duration

    def flush(self) -> None:
        super().flush()
        if self._played_s:
            self.on_playback_finished(playback_position=self._played_s, interrupted=False)
        self._played_s = 0.0

    def clear_buffer(self) -> None:
        self._played_s = 0.0


class Ears(stt.STT):
    def __init__(self) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=True))

    @property
    def model(self) -> str:
        return "ears-1"

    @property
    def provider(self) -> str:
        return "scripted"

    async def _recognize_impl(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError

    def stream(self, *, conn_options: Any, **_: Any) -> "EarStream":
        return EarStream(stt=self, conn_options=conn_options)


class EarStream(stt.RecognizeStream):
    async def _run(self) -> None:
        heard_count = 0
        async for _ in self._input_ch:
            heard_count += 1
            if heard_count == 5:
                self._event_ch.send_nowait(stt.SpeechEvent(type=stt.SpeechEventType.START_OF_SPEECH))
            if heard_count == 15:
                said = [stt.SpeechData(language="en", text=SAID, confidence=0.9)]
                self._event_ch.send_nowait(
                    stt.SpeechEvent(type=stt.SpeechEventType.FINAL_TRANSCRIPT, alternatives=said)
                )
                self._event_ch.send_nowait(stt.SpeechEvent(type=stt.SpeechEventType.END_OF_SPEECH))


class Brain(llm.LLM):
    @property
    def model(self) -> str:
        return "brain-1"

    def chat(self, *, chat_ctx: Any, tools: Any = None, conn_options: Any = None, **_: Any) -> "Thought":
        return Thought(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)


class Thought(llm.LLMStream):
    async def _run(self) -> None:
        await asyncio.sleep(0.05)
        has_looked = any(item.type == "function_call_output" for item in self._chat_ctx.items)
        if has_looked:
            delta = llm.ChoiceDelta(role="assistant", content=ANSWER)
        else:
            call = llm.FunctionToolCall(name="look_up", arguments='{"order": 7}', call_id="call-1")
            delta = llm.ChoiceDelta(role="assistant", tool_calls=[call])
        self._event_ch.send_nowait(llm.ChatChunk(id="chunk", delta=delta))
        usage = llm.CompletionUsage(completion_tokens=5, prompt_tokens=11, total_tokens=16)
        self._event_ch.send_nowait(llm.ChatChunk(id="chunk", usage=usage))


class Mouth(tts.TTS):
    def __init__(self) -> None:
        super().__init__(capabilities=tts.TTSCapabilities(streaming=False), sample_rate=RATE_HZ, num_channels=1)

    @property
    def model(self) -> str:
        return "mouth-1"

    def synthesize(self, text: str, *, conn_options: Any = None) -> "Utterance":
        return Utterance(tts=self, input_text=text, conn_options=conn_options)


class Utterance(tts.ChunkedStream):
    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(request_id="r", sample_rate=RATE_HZ, num_channels=1, mime_type="audio/pcm")
        await asyncio.sleep(0.03)
        output_emitter.push(bytes(2 * RATE_HZ // 5))
        output_emitter.flush()


class Desk(Agent):
    def __init__(self) -> None:
        super().__init__(instructions="You answer the phone.")

    @function_tool
    async def look_up(self, order: int) -> str:
        """Look an order up."""
        await asyncio.sleep(0.02)
        return f"order {order} is on its way"


async def main(endpoint: str, key: str) -> None:
    provider = TracerProvider(resource=Resource.create({"service.name": "livekit-desk", "livekit.room.id": "RM_real"}))
    exporter = OTLPSpanExporter(endpoint=endpoint, headers={"authorization": f"Bearer {key}"})
    provider.add_span_processor(BatchSpanProcessor(exporter))
    set_tracer_provider(provider)
    session: AgentSession[None] = AgentSession(stt=Ears(), llm=Brain(), tts=Mouth(), turn_detection="stt", vad=None)
    session.input.audio = Microphone()
    session.output.audio = Loudspeaker()
    answered = asyncio.Event()

    @session.on("conversation_item_added")
    def note(event: Any) -> None:
        if event.item.type == "message" and event.item.role == "assistant":
            answered.set()

    await session.start(Desk())
    await asyncio.wait_for(answered.wait(), timeout=30)
    await session.aclose()
    provider.shutdown()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
