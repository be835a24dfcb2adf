"""What a recogniser must offer, whichever engine runs it, and what it answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from callscope.speech.channel_audio import Samples


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardWord:
    """A word and where in the clip it was heard. `confidence` 0 to 1, None when the engine does not say."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardClip:
    """What was heard in one clip; no words when nothing was, or nothing that can be trusted.

    `language` is an ISO 639 code, None when the engine does not say. `is_timed` is False when the engine gave text
    only and the word times are spread over the clip.
    """

    words: tuple[HeardWord, ...]
    language: str | None
    is_timed: bool = True


class Recognizer(Protocol):
    """Turns clips of one channel into words."""

    batch_size: int
    """How many clips it takes at once."""
    version: str
    """Engine and model, for the record kept beside every result."""

    def recognize(self, clips: Sequence[Samples], *, language: str | None) -> Iterator[HeardClip]:
        """Return one answer per clip, in order, each as soon as it is known. `language` None lets the engine tell."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognizerUnavailable:
    """Why nothing is transcribed here, and how to change that, in plain words."""

    reason: str
