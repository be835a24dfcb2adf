"""Bytes to samples: a recording decoded as a stream of float blocks at 16 kHz, in bounded memory.

Offset 0 is the first sample a player would let you hear: encoder delay (MP3, AAC, Opus) is dropped by the decoder
from what the file declares, a late start of the audio stream and holes in its timestamps are filled with silence,
so that sample `n` of the output lies `n / 16` milliseconds after the start of the recording.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av.error
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.filter import Graph

from callscope.audio import riff
from callscope.audio.errors import DecodeFailed, RecordingTooLong
from callscope.audio.probe import audio_stream, describe, open_container

Samples = npt.NDArray[np.float32]
"""Audio as float32 [channels, samples], full scale ±1, at `SAMPLE_RATE_HZ`."""

SAMPLE_RATE_HZ = 16_000
SAMPLES_PER_MS = SAMPLE_RATE_HZ // 1000
MAX_DURATION_MS = 12 * 3600 * 1000
"""Longest recording decoded unless the caller sets another limit."""

_PULL_SAMPLES = 16_000
_HOLE_MS = 60
"""Timestamp jumps below this are container rounding (MP4 and OGG count in coarse units), not missing sound."""
_CLOCK_RESET_MS = 30 * 60 * 1000
"""A jump beyond this is a broken clock, not half an hour of lost sound: it is not filled."""
_SHORTFALL_MS = 1000


class IrregularityKind(StrEnum):
    """What a decoder may stumble over and survive."""

    HOLE = "hole"
    """Timestamps jump ahead; silence was put in."""
    CORRUPT = "corrupt"
    """Packets that do not decode were skipped."""
    TRUNCATED = "truncated"
    """The file ends before the length it declares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Irregularity:
    """One kind of damage: where it was first met, how much of it there was."""

    kind: IrregularityKind
    at_offset_ms: int
    duration_ms: int
    count: int = 1


class RecordingReader:
    """Reads one recording as blocks of samples.

    Use as a context manager; `irregularities` is complete when `blocks` is exhausted.

    Raises:
        NotAudio: on construction, as `open_container`.
    """

    def __init__(self, path: Path, *, max_duration_ms: int = MAX_DURATION_MS) -> None:
        self._path = path
        self._container = open_container(path)
        self._stream = audio_stream(self._container)
        self.probe = describe(self._container, self._stream)
        self.channel_count = self.probe.channel_count
        self._max_duration_ms = max_duration_ms
        self._damage: dict[IrregularityKind, Irregularity] = {}
        self._ended_early = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()

    @property
    def irregularities(self) -> tuple[Irregularity, ...]:
        """What was damaged, one entry a kind."""
        return tuple(self._damage.values())

    def blocks(self, block_samples: int) -> Iterator[Samples]:
        """Yield the recording as float32 [channels, `block_samples`]; the last block may be shorter.

        Raises:
            DecodeFailed: not one sample decodes.
            RecordingTooLong: the recording passes the limit, declared or decoded.
        """
        self._refuse_beyond_limit(self.probe.duration_ms or 0)
        decoded = 0
        for block in _regroup(self._pieces(), self.channel_count, block_samples):
            decoded += block.shape[1]
            self._refuse_beyond_limit(decoded // SAMPLES_PER_MS)
            yield block
        if decoded == 0:
            raise DecodeFailed(
                f"The recording is {self.probe.codec} by its header, but no sound decodes from it: it is damaged."
            )
        self._note_shortfall(decoded // SAMPLES_PER_MS)

    def _refuse_beyond_limit(self, duration_ms: int) -> None:
        if duration_ms > self._max_duration_ms:
            hours = self._max_duration_ms / 3_600_000
            raise RecordingTooLong(
                f"The recording is longer than the {hours:g} hours this installation analyses. "
                "Split it, or raise CALLSCOPE_MAX_RECORDING_MS."
            )

    def _note_shortfall(self, decoded_ms: int) -> None:
        declared_ms = self.probe.duration_ms
        missing_ms = max(0 if declared_ms is None else declared_ms - decoded_ms, riff.missing_ms(self._path))
        if self._ended_early or missing_ms > max(_SHORTFALL_MS, (declared_ms or 0) // 50):
            self._note(IrregularityKind.TRUNCATED, decoded_ms, max(missing_ms, 0))

    def _note(self, kind: IrregularityKind, at_offset_ms: int, duration_ms: int) -> None:
        known = self._damage.get(kind)
        self._damage[kind] = Irregularity(
            kind=kind,
            at_offset_ms=known.at_offset_ms if known else at_offset_ms,
            duration_ms=(known.duration_ms if known else 0) + duration_ms,
            count=(known.count if known else 0) + 1,
        )

    def _pieces(self) -> Iterator[Samples]:
        """Yield decoded, resampled pieces in order, however the stream changes its format on the way."""
        graph: _ResampleGraph | None = None
        for frame in self._timed_frames():
            if graph is None or not graph.takes(frame):
                if graph is not None:
                    yield from graph.flush()
                graph = _ResampleGraph(frame)
            yield from graph.feed(frame)
        if graph is not None:
            yield from graph.flush()

    def _timed_frames(self) -> Iterator[AudioFrame]:
        """Yield frames with silence put where timestamps say that sound is missing."""
        position_s = self._container_start_s()
        # A frame makes a fraction of its time base each time it is asked, fifty times a second.
        tick_s = None if self._stream.time_base is None else float(self._stream.time_base)
        for frame in self._frames():
            at_s = position_s if frame.pts is None or tick_s is None else frame.pts * tick_s
            hole_ms = round((at_s - position_s) * 1000)
            if _HOLE_MS <= hole_ms <= _CLOCK_RESET_MS:
                self._note(IrregularityKind.HOLE, max(round(position_s * 1000), 0), hole_ms)
                yield from _silence_like(frame, hole_ms * frame.sample_rate // 1000)
                position_s = at_s
            elif abs(hole_ms) > _CLOCK_RESET_MS:
                position_s = at_s
            position_s += frame.samples / frame.sample_rate
            yield frame

    def _container_start_s(self) -> float:
        """Return where the recording's clock starts: the earliest stream of the container, audio or not."""
        starts = [
            float(stream.start_time * stream.time_base)
            for stream in self._container.streams
            if stream.start_time is not None and stream.time_base is not None and stream.type in {"audio", "video"}
        ]
        return min(starts, default=0.0)

    def _frames(self) -> Iterator[AudioFrame]:
        position_ms = 0
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.error.FFmpegError:
                self._ended_early = True
                return
            try:
                frames = packet.decode()
            except av.error.EOFError:
                return
            except av.error.FFmpegError:
                self._note(IrregularityKind.CORRUPT, position_ms, 0)
                continue
            for frame in frames:
                position_ms += round(1000 * frame.samples / frame.sample_rate)
                yield frame


class _ResampleGraph:
    """One FFmpeg filter graph: any format in, float planes at 16 kHz out."""

    def __init__(self, frame: AudioFrame) -> None:
        self._key = self._format_of(frame)
        self._unasked = 0
        self._graph = Graph()
        source = self._graph.add_abuffer(
            sample_rate=frame.sample_rate,
            format=frame.format.name,
            layout=frame.layout.name,
            time_base=Fraction(1, frame.sample_rate),
        )
        nodes = [
            source,
            self._graph.add("aresample", str(SAMPLE_RATE_HZ)),
            self._graph.add("aformat", "sample_fmts=fltp"),
            self._graph.add("asetnsamples", f"n={_PULL_SAMPLES}:p=0"),
            self._graph.add("abuffersink"),
        ]
        self._graph.link_nodes(*nodes).configure()

    @staticmethod
    def _format_of(frame: AudioFrame) -> tuple[int, str, str]:
        return frame.sample_rate, frame.format.name, frame.layout.name

    def takes(self, frame: AudioFrame) -> bool:
        """Whether `frame` has the format this graph was built for."""
        return self._format_of(frame) == self._key

    def feed(self, frame: AudioFrame) -> Iterator[Samples]:
        """Push one frame, yield what became ready; asked once a second, since every "not yet" is an exception."""
        frame.pts = None
        self._graph.push(frame)
        self._unasked += frame.samples
        if self._unasked >= frame.sample_rate:
            self._unasked = 0
            yield from self._ready()

    def flush(self) -> Iterator[Samples]:
        """Yield what is left inside; the graph takes nothing after this."""
        self._graph.push(None)
        yield from self._ready()

    def _ready(self) -> Iterator[Samples]:
        while True:
            try:
                frame = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            yield frame.to_ndarray().astype(np.float32, copy=False)


def _silence_like(frame: AudioFrame, sample_count: int) -> Iterator[AudioFrame]:
    """Yield silent frames of the format of `frame`, one second at most each."""
    left = sample_count
    while left > 0:
        silent = AudioFrame(format=frame.format.name, layout=frame.layout.name, samples=min(left, frame.sample_rate))
        silent.sample_rate = frame.sample_rate
        zero = b"\x80" if frame.format.name.startswith("u8") else b"\x00"
        for plane in silent.planes:
            plane.update(zero * plane.buffer_size)
        left -= silent.samples
        yield silent


def _regroup(pieces: Iterator[Samples], channel_count: int, block_samples: int) -> Iterator[Samples]:
    """Yield `pieces` joined and cut into blocks of equal length, every one with `channel_count` channels."""
    block = np.empty((channel_count, block_samples), dtype=np.float32)
    filled = 0
    for piece in pieces:
        fitted = _fit_channels(piece, channel_count)
        taken = 0
        while taken < fitted.shape[1]:
            count = min(block_samples - filled, fitted.shape[1] - taken)
            block[:, filled : filled + count] = fitted[:, taken : taken + count]
            filled += count
            taken += count
            if filled == block_samples:
                yield block
                block = np.empty_like(block)
                filled = 0
    if filled:
        yield block[:, :filled]


def _fit_channels(piece: Samples, channel_count: int) -> Samples:
    """Return `piece` with `channel_count` channels: a stream that turns mono midway is heard on all of them."""
    have = piece.shape[0]
    if have == channel_count:
        return piece
    if have == 1:
        return np.repeat(piece, channel_count, axis=0)
    if have > channel_count:
        return piece[:channel_count]
    return np.concatenate([piece, np.zeros((channel_count - have, piece.shape[1]), dtype=np.float32)])
