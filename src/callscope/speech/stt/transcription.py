"""A call's words from its audio: every channel's speech through one recogniser, as transcript entries in call order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

from callscope.core.call import Role
from callscope.core.ids import new_id
from callscope.core.recording import Span
from callscope.core.transcript import TranscriptEntry
from callscope.speech.channel_audio import ReadSpeech
from callscope.speech.stt.clips import DEFAULT, Clip, ClipParameters, Piece, cut_clips
from callscope.speech.stt.recognizer import HeardClip, HeardWord, Recognizer


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenChannel:
    """One party's audio and where in it speech was detected (ascending, disjoint)."""

    role: Role
    read: ReadSpeech
    segments: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word with its place in the recording; `confidence` 0 to 1, None when the engine does not say."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float | None


def transcribe(
    channels: Sequence[SpokenChannel],
    recognizer: Recognizer,
    *,
    language: str | None = None,
    parameters: ClipParameters = DEFAULT,
) -> Iterator[TranscriptEntry]:
    """Yield what the parties said, each entry as soon as its batch of clips is recognised.

    A channel's entries come in order; sort all by start for the call's order. Where no speech was detected nothing is
    sent to the recogniser, so nothing can be invented there. An entry spans one run of speech; its payload carries the
    words: `{"words": [{"text", "startOffsetMs", "endOffsetMs", "confidence"}], "confidence", "isTimed", "recognizer"}`.
    """
    for channel in channels:
        clips = cut_clips(channel.segments, channel.read, parameters)
        heard_language = language
        while batch := list(islice(clips, recognizer.batch_size)):
            audio = [clip.samples(channel.read) for clip in batch]
            for clip, heard in zip(batch, recognizer.recognize(audio, language=heard_language), strict=True):
                heard_language = heard_language or heard.language
                yield from _entries(channel.role, clip, heard, recognizer.version)


def words_of(entry: TranscriptEntry) -> tuple[Word, ...]:
    """Return the timed words of an entry made by `transcribe`, none for any other."""
    return tuple(
        Word(
            text=word["text"],
            start_ms=word["startOffsetMs"],
            end_ms=word["endOffsetMs"],
            confidence=word["confidence"],
        )
        for word in (entry.payload or {}).get("words", ())
    )


def _entries(role: Role, clip: Clip, heard: HeardClip, recognizer_version: str) -> Iterator[TranscriptEntry]:
    """Yield one entry per piece of the clip that has words."""
    located = ((clip.piece_at((word.start_ms + word.end_ms) / 2), word) for word in heard.words)
    for piece, found in groupby(located, key=lambda pair: pair[0]):
        words = _placed(piece, [word for _, word in found])
        yield TranscriptEntry(
            id=new_id(),
            role=role,
            participant_id=None,
            text=" ".join(word.text for word in words),
            start_offset_ms=words[0].start_ms,
            end_offset_ms=words[-1].end_ms,
            language_code=heard.language,
            payload=_payload(words, heard, recognizer_version),
        )


def _placed(piece: Piece, heard: Sequence[HeardWord]) -> list[Word]:
    """Return the words at the recording's time, in order and inside the detected speech of the piece."""
    words: list[Word] = []
    for word in heard:
        shift_ms = piece.start_ms - piece.clip_ms
        start_ms, end_ms = _into_speech(piece, word.start_ms + shift_ms, word.end_ms + shift_ms)
        start_ms = max(start_ms, words[-1].start_ms if words else start_ms)
        words.append(Word(text=word.text, start_ms=start_ms, end_ms=max(end_ms, start_ms), confidence=word.confidence))
    return words


def _into_speech(piece: Piece, start_ms: int, end_ms: int) -> Span:
    """Return the span cut to the detected speech it shares most with, or laid at that speech's nearest end."""
    first, last = max(piece.spoken, key=lambda spoken: min(spoken[1], end_ms) - max(spoken[0], start_ms))
    return min(max(start_ms, first), last), max(min(end_ms, last), first)


def _payload(words: Sequence[Word], heard: HeardClip, recognizer_version: str) -> Mapping[str, Any]:
    told = [word.confidence for word in words if word.confidence is not None]
    return {
        "words": [
            {
                "text": word.text,
                "startOffsetMs": word.start_ms,
                "endOffsetMs": word.end_ms,
                "confidence": word.confidence,
            }
            for word in words
        ],
        "confidence": round(sum(told) / len(told), 3) if told else None,
        "isTimed": heard.is_timed,
        "recognizer": recognizer_version,
    }
