"""Clips for a recogniser: detected speech packed without its long silences, and the way back to the recording."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from callscope.core.recording import Span
from callscope.speech.channel_audio import ReadSpeech, Samples, quietest_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipParameters:
    """How speech is packed. A Whisper encoder always works on 30 s, so fuller clips are cheaper ones."""

    longest_ms: int = 25_000
    padding_ms: int = 400
    """What is kept around a run of speech: weak first and last sounds, and a hint of the pause."""
    search_ms: int = 3_000
    """A run of speech longer than a clip is cut at the quietest moment of this much before the limit."""


DEFAULT = ClipParameters()


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of the recording that lies in a clip from `clip_ms` on; `spoken` are the detected segments in it."""

    start_ms: int
    end_ms: int
    clip_ms: int
    spoken: tuple[Span, ...]

    @property
    def duration_ms(self) -> int:
        """Length of the stretch."""
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """Pieces of one channel in order, laid end to end."""

    pieces: tuple[Piece, ...]

    @property
    def duration_ms(self) -> int:
        """Length of all pieces."""
        return sum(piece.duration_ms for piece in self.pieces)

    def samples(self, read: ReadSpeech) -> Samples:
        """Return the clip's audio."""
        return np.concatenate([read(piece.start_ms, piece.end_ms) for piece in self.pieces])

    def piece_at(self, clip_ms: float) -> Piece:
        """Return the piece that lies at an offset of the clip, the last one beyond its end."""
        later = [piece for piece in self.pieces if piece.clip_ms > clip_ms]
        return self.pieces[len(self.pieces) - len(later) - 1]


def cut_clips(segments: Sequence[Span], read: ReadSpeech, parameters: ClipParameters = DEFAULT) -> Iterator[Clip]:
    """Yield clips that together hold the ascending, disjoint `segments` of a channel, each once."""
    pieces: list[Piece] = []
    clip_ms = 0
    for start_ms, end_ms, spoken in _padded(segments, read, parameters):
        if pieces and clip_ms + end_ms - start_ms > parameters.longest_ms:
            yield Clip(pieces=tuple(pieces))
            pieces, clip_ms = [], 0
        pieces.append(Piece(start_ms=start_ms, end_ms=end_ms, clip_ms=clip_ms, spoken=spoken))
        clip_ms += end_ms - start_ms
    if pieces:
        yield Clip(pieces=tuple(pieces))


def _padded(
    segments: Sequence[Span], read: ReadSpeech, parameters: ClipParameters
) -> Iterator[tuple[int, int, tuple[Span, ...]]]:
    """Yield stretches with their padding; segments whose paddings would touch share one."""
    last_end_ms = 0
    shared: list[Span] = []
    for segment in _no_longer_than(segments, read, parameters):
        joins = shared and segment[0] - shared[-1][1] <= 2 * parameters.padding_ms
        if shared and not (joins and segment[1] - shared[0][0] <= parameters.longest_ms - 2 * parameters.padding_ms):
            yield _stretch(shared, (last_end_ms, segment[0]), parameters)
            last_end_ms = shared[-1][1]
            shared = []
        shared.append(segment)
    if shared:
        yield _stretch(shared, (last_end_ms, shared[-1][1] + parameters.padding_ms), parameters)


def _stretch(spoken: list[Span], limits: Span, parameters: ClipParameters) -> tuple[int, int, tuple[Span, ...]]:
    """Return the stretch around `spoken`; `limits` are the ends of what is spoken before and after it."""
    start_ms = max(spoken[0][0] - parameters.padding_ms, limits[0])
    end_ms = min(spoken[-1][1] + parameters.padding_ms, limits[1])
    return start_ms, end_ms, tuple(spoken)


def _no_longer_than(segments: Sequence[Span], read: ReadSpeech, parameters: ClipParameters) -> Iterator[Span]:
    """Yield the segments, those longer than a clip cut at quiet moments."""
    limit_ms = parameters.longest_ms - 2 * parameters.padding_ms
    for start, end in segments:
        from_ms = start
        while end - from_ms > limit_ms:
            cut_ms = quietest_ms(read, from_ms + limit_ms - parameters.search_ms, from_ms + limit_ms)
            yield from_ms, cut_ms
            from_ms = cut_ms
        yield from_ms, end
