"""Any server that speaks the OpenAI transcription API (`POST …/audio/transcriptions`): request and answer as values.

Nothing is sent from here: the caller gives a function that sends a request and returns the decoded JSON.
"""

import io
import wave
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from callscope.core.errors import CallscopeError
from callscope.speech.channel_audio import SAMPLE_RATE_HZ, SAMPLES_PER_MS, Samples
from callscope.speech.stt.invention import WhisperFigures
from callscope.speech.stt.recognizer import HeardClip, HeardWord

PATH = "/audio/transcriptions"
"""Appended to the server's base URL, which usually ends in `/v1`."""


class TranscriptionRefused(CallscopeError):
    """The server answered something that is no transcription."""

    code = "transcription_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptionRequest:
    """A multipart form: `fields` (a name may come twice) and one file called `file`."""

    path: str
    fields: tuple[tuple[str, str], ...]
    file_name: str
    content_type: str
    content: bytes


Send = Callable[[TranscriptionRequest], Mapping[str, Any]]
"""Sends a request with the operator's key to the operator's server and returns the answer's JSON object."""


class OpenAICompatibleRecognizer:
    """See `Recognizer`. One request per clip."""

    batch_size = 1

    def __init__(self, send: Send, *, model: str) -> None:
        self._send = send
        self._model = model
        self.version = f"openai-compatible {model}"

    def recognize(self, clips: Sequence[Samples], *, language: str | None) -> Iterator[HeardClip]:
        """Return what the server heard in each clip; see `Recognizer`. Raises what `send` raises."""
        for clip in clips:
            answer = self._send(transcription_request(clip, model=self._model, language=language))
            yield read_answer(answer, duration_ms=clip.size // SAMPLES_PER_MS, language=language)


def transcription_request(clip: Samples, *, model: str, language: str | None) -> TranscriptionRequest:
    """Return the request that asks for words with times."""
    fields = [
        ("model", model),
        ("response_format", "verbose_json"),
        ("timestamp_granularities[]", "word"),
        ("timestamp_granularities[]", "segment"),
        ("temperature", "0"),
    ]
    if language is not None:
        fields.append(("language", language))
    return TranscriptionRequest(
        path=PATH, fields=tuple(fields), file_name="clip.wav", content_type="audio/wav", content=_wav(clip)
    )


def read_answer(answer: Mapping[str, Any], *, duration_ms: int, language: str | None) -> HeardClip:
    """Return what an answer says was heard. Raises TranscriptionRefused when it is no transcription.

    Servers differ: some leave word times out, some give bare text. Words without times are spread over their segment,
    or over the clip, by length, and the answer is marked as not timed.
    """
    if not isinstance(answer.get("text"), str):
        raise TranscriptionRefused(f"The transcription server answered without a text: {sorted(answer)[:5]}")
    told_language = answer.get("language")
    code = told_language if isinstance(told_language, str) and len(told_language) in (2, 3) else language
    segments = [segment for segment in answer.get("segments") or () if isinstance(segment, Mapping)]
    believed = [segment for segment in segments if _figures(segment).are_believable]
    if segments and not believed:
        return HeardClip(words=(), language=None)
    timed = [word for word in answer.get("words") or () if isinstance(word, Mapping)]
    if timed:
        words = _timed_words(timed, believed, duration_ms)
        return HeardClip(words=words, language=code if words else None)
    spans = [(_ms(segment["start"]), _ms(segment["end"]), str(segment["text"])) for segment in believed]
    words = _spread(spans or [(0, duration_ms, answer["text"])])
    return HeardClip(words=words, language=code if words else None, is_timed=False)


def _figures(segment: Mapping[str, Any]) -> WhisperFigures:
    """Return a server's own doubts; a figure it does not give raises none."""
    return WhisperFigures(
        mean_log_likelihood=float(segment.get("avg_logprob") or 0),
        no_speech_probability=float(segment.get("no_speech_prob") or 0),
        compression_ratio=float(segment.get("compression_ratio") or 0),
        word_count=len(str(segment.get("text", "")).split()),
    )


def _timed_words(
    timed: Sequence[Mapping[str, Any]], believed: Sequence[Mapping[str, Any]], duration_ms: int
) -> tuple[HeardWord, ...]:
    heard = [
        HeardWord(
            text=str(word["word"]).strip(),
            start_ms=min(_ms(word["start"]), duration_ms),
            end_ms=min(_ms(word["end"]), duration_ms),
            confidence=word.get("probability"),
        )
        for word in timed
        if any(sign.isalnum() for sign in str(word["word"]))
    ]
    if not believed:
        return tuple(heard)
    spans = [(_ms(segment["start"]), _ms(segment["end"])) for segment in believed]
    return tuple(word for word in heard if any(start < word.end_ms and word.start_ms < end for start, end in spans))


def _spread(spans: Sequence[tuple[int, int, str]]) -> tuple[HeardWord, ...]:
    """Return each span's words one after another, as long as their letters are many."""
    heard = []
    for start_ms, end_ms, text in spans:
        words = [word for word in text.split() if any(sign.isalnum() for sign in word)]
        ends = np.cumsum([len(word) for word in words]) / max(sum(len(word) for word in words), 1)
        edges = [start_ms, *(round(start_ms + (end_ms - start_ms) * end) for end in ends)]
        heard += [
            HeardWord(text=word, start_ms=first, end_ms=last, confidence=None)
            for word, (first, last) in zip(words, pairwise(edges), strict=True)
        ]
    return tuple(heard)


def _ms(seconds: float) -> int:
    return max(round(float(seconds) * 1000), 0)


def _wav(clip: Samples) -> bytes:
    """Return the clip as 16 bit mono WAV at 16 kHz."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes((np.clip(clip, -1, 1) * 32767).astype("<i2").tobytes())
    return buffer.getvalue()
