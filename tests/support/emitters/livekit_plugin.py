"""A call of a real LiveKit session with the real observer: `livekit_plugin.py SERVER KEY CUSTOMER_PCM AGENT_PCM`.

A program of its own: the agent's packages live in another environment than Callscope's. The two files hold what each
party says, 16-bit samples in one channel at `RATE_HZ`; everything plays in real time. There is no LiveKit server: the
job is what a worker would hand over.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import roark_analytics_python_livekit.client as roark
from livekit import rtc
from livekit.agents import AgentSession, stt, tts
from livekit.agents.voice.io import AudioInput, AudioOutput, AudioOutputCapabilities
from livekit_agent import Brain, Desk
from roark_analytics_python_livekit import observe_session

RATE_HZ = 48_000
FRAME_MS = 20
FRAME_BYTES = 2 * RATE_HZ * FRAME_MS // 1000
LEAD_FRAMES = 25
SAID = "I would like to change my delivery address please."


class Microphone(AudioInput):
    """Half a second of silence, what the customer says, and silence from then on, in real time."""

    def __init__(self, sound: bytes) -> None:
        super().__init__(label="microphone")
        self._waiting = bytes(LEAD_FRAMES * FRAME_BYTES) + sound
        self._next_at = 0.0

    async def __anext__(self) -> rtc.AudioFrame:
        now = asyncio.get_running_loop().time()
        # Sound goes on however late its listener is.
        self._next_at = (self._next_at or now) + FRAME_MS / 1000
        await asyncio.sleep(max(0, self._next_at - now))
        part, self._waiting = self._waiting[:FRAME_BYTES], self._waiting[FRAME_BYTES:]
        return rtc.AudioFrame(part.ljust(FRAME_BYTES, b"\0"), RATE_HZ, 1, FRAME_BYTES // 2)


class Loudspeaker(AudioOutput):
    """Plays in real time to nobody."""

    def __init__(self) -> None:
        super().__init__(label="loudspeaker", capabilities=AudioOutputCapabilities(pause=False), sample_rate=RATE_HZ)
        self._played_s = 0.0
        self._ending: asyncio.Task[None] | None = None

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if self._played_s == 0:
            self.on_playback_started(created_at=time.time())
        self._played_s += frame.duration

    def flush(self) -> None:
        super().flush()
        if self._played_s:
            self._ending = asyncio.create_task(self._end(self._played_s))
        self._played_s = 0.0

    async def _end(self, played_s: float) -> None:
        await asyncio.sleep(played_s)
        self.on_playback_finished(playback_position=played_s, interrupted=False)

    def clear_buffer(self) -> None:
        self._played_s = 0.0


class Ears(stt.STT):
    """Hears the customer begin and end where the microphone says so."""

    def __init__(self, sound: bytes) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=True))
        self.frame_count = len(sound) // FRAME_BYTES

    async def _recognize_impl(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError

    def stream(self, *, conn_options: Any, **_: Any) -> "EarStream":
        return EarStream(stt=self, conn_options=conn_options)


class EarStream(stt.RecognizeStream):
    async def _run(self) -> None:
        heard_count, end = 0, LEAD_FRAMES + self._stt.frame_count  # type: ignore[attr-defined] # it is our Ears
        async for _ in self._input_ch:
            heard_count += 1
            if heard_count == LEAD_FRAMES:
                self._event_ch.send_nowait(stt.SpeechEvent(type=stt.SpeechEventType.START_OF_SPEECH))
            if heard_count == end:
                said = [stt.SpeechData(language="en", text=SAID, confidence=0.9)]
                self._event_ch.send_nowait(
                    stt.SpeechEvent(type=stt.SpeechEventType.FINAL_TRANSCRIPT, alternatives=said)
                )
                self._event_ch.send_nowait(stt.SpeechEvent(type=stt.SpeechEventType.END_OF_SPEECH))


class Mouth(tts.TTS):
    """Says everything with the same sound."""

    def __init__(self, sound: bytes) -> None:
        super().__init__(capabilities=tts.TTSCapabilities(streaming=False), sample_rate=RATE_HZ, num_channels=1)
        self.sound = sound

    def synthesize(self, text: str, *, conn_options: Any = None) -> "Utterance":
        return Utterance(tts=self, input_text=text, conn_options=conn_options)


class Utterance(tts.ChunkedStream):
    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(request_id="r", sample_rate=RATE_HZ, num_channels=1, mime_type="audio/pcm")
        await asyncio.sleep(0.03)
        output_emitter.push(self._tts.sound)  # type: ignore[attr-defined] # it is our Mouth
        output_emitter.flush()


class Job:
    """What a worker hands to an agent's entry point, as far as the observer looks at it."""

    def __init__(self) -> None:
        self.job = SimpleNamespace(id="AJ_plugin", room=SimpleNamespace(sid="RM_plugin"))
        self.room = SimpleNamespace(name="desk-room", sid="RM_plugin")
        self.callbacks: list[Callable[[], Awaitable[None]]] = []

    def add_shutdown_callback(self, callback: Callable[[], Awaitable[None]]) -> None:
        self.callbacks.append(callback)


async def main(server: str, key: str, customer_pcm: bytes, agent_pcm: bytes) -> None:
    roark.WEBHOOK_URL = f"{server}{roark.WEBHOOK_PATH}"
    roark.CHUNK_UPLOAD_URL_ENDPOINT = f"{server}{roark.CHUNK_UPLOAD_PATH}"
    job = Job()
    session: AgentSession[None] = AgentSession(
        stt=Ears(customer_pcm), llm=Brain(), tts=Mouth(agent_pcm), turn_detection="stt", vad=None
    )
    await observe_session(
        job,  # type: ignore[arg-type] # a stand-in
        session,
        api_key=key,
        agent_id="desk-v3",
        agent_name="Desk",
        agent_prompt="You answer the phone.",
    )
    session.input.audio = Microphone(customer_pcm)
    session.output.audio = Loudspeaker()
    answered = asyncio.Event()

    @session.on("conversation_item_added")
    def note(event: Any) -> None:
        if event.item.type == "message" and event.item.role == "assistant":
            answered.set()

    await session.start(Desk(), record=False)
    await asyncio.wait_for(answered.wait(), timeout=60)
    await session.aclose()
    for callback in job.callbacks:
        await callback()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]).read_bytes(), Path(sys.argv[4]).read_bytes()))
