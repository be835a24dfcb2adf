"""Waveform peaks for drawing: bounded in size however long the call, so that every call page opens equally fast.

Binary form (little-endian), what `encode_peaks` writes and the page reads:

| bytes | content |
|---|---|
| 0-3 | ASCII `CSPK` |
| 4 | format version, 1 |
| 5 | channel count |
| 6-9 | unsigned 32 bit: milliseconds per bucket |
| 10-13 | unsigned 32 bit: buckets per channel |
| 14- | per channel, one after the other: minimum and maximum of each bucket, signed 8 bit, full scale ±127 |
"""

import struct

import numpy as np
import numpy.typing as npt

from callscope.audio.decode import SAMPLES_PER_MS, Samples
from callscope.core.recording import Peaks

FINEST_BUCKET_MS = 10
MAX_BUCKET_COUNT = 120_000
"""Twenty minutes at the finest resolution; a longer call gets buckets twice, four times … as long."""

_MAGIC = b"CSPK"
_FORMAT_VERSION = 1
_HEADER = struct.Struct("<4sBBII")
_FULL_SCALE = 127.0


class PeakCollector:
    """Gathers peaks over a stream. Every block but the last must be a multiple of `FINEST_BUCKET_MS` long."""

    def __init__(self, channel_count: int) -> None:
        self._bucket_ms = FINEST_BUCKET_MS
        self._lows = np.empty((channel_count, 0), dtype=np.float32)
        self._highs = np.empty((channel_count, 0), dtype=np.float32)
        self._waiting_lows: list[Samples] = []
        self._waiting_highs: list[Samples] = []
        self._waiting_count = 0

    def add(self, block: Samples) -> None:
        """Take the next block, float32 [channels, samples]."""
        frames = _pad_to_multiple(block, FINEST_BUCKET_MS * SAMPLES_PER_MS)
        self._waiting_lows.append(frames.min(axis=2))
        self._waiting_highs.append(frames.max(axis=2))
        self._waiting_count += frames.shape[1]
        if self._waiting_count * FINEST_BUCKET_MS >= MAX_BUCKET_COUNT * self._bucket_ms:
            self._settle()

    def finish(self) -> Peaks:
        """Return the peaks of everything taken."""
        self._settle()
        pairs = np.stack([self._lows, self._highs], axis=2)
        scaled = np.clip(np.rint(pairs * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE).astype(np.int8)
        return Peaks(bucket_ms=self._bucket_ms, channels=tuple(channel.tobytes() for channel in scaled))

    def _settle(self) -> None:
        """Fold what waits into the buckets, coarsening until their number is within the bound."""
        if not self._waiting_lows:
            return
        step = self._bucket_ms // FINEST_BUCKET_MS
        lows = _fold(np.concatenate(self._waiting_lows, axis=1), step, np.minimum)
        highs = _fold(np.concatenate(self._waiting_highs, axis=1), step, np.maximum)
        self._lows = np.concatenate([self._lows, lows], axis=1)
        self._highs = np.concatenate([self._highs, highs], axis=1)
        self._waiting_lows, self._waiting_highs, self._waiting_count = [], [], 0
        while self._lows.shape[1] > MAX_BUCKET_COUNT:
            self._lows = _fold(self._lows, 2, np.minimum)
            self._highs = _fold(self._highs, 2, np.maximum)
            self._bucket_ms *= 2


def encode_peaks(peaks: Peaks) -> bytes:
    """Return the binary form described at the head of this module."""
    count = len(peaks.channels[0]) // 2 if peaks.channels else 0
    header = _HEADER.pack(_MAGIC, _FORMAT_VERSION, len(peaks.channels), peaks.bucket_ms, count)
    return header + b"".join(peaks.channels)


def decode_peaks(data: bytes) -> Peaks:
    """Return the peaks that `encode_peaks` wrote.

    Raises:
        ValueError: `data` is not such a form, or its length belies its header.
    """
    if len(data) < _HEADER.size:
        raise ValueError("peaks are shorter than their header")
    magic, version, channel_count, bucket_ms, count = _HEADER.unpack_from(data)
    if magic != _MAGIC or version != _FORMAT_VERSION:
        raise ValueError(f"not peaks of format version {_FORMAT_VERSION}")
    body = data[_HEADER.size :]
    if len(body) != channel_count * count * 2:
        raise ValueError("peaks are cut off")
    return Peaks(
        bucket_ms=bucket_ms,
        channels=tuple(body[index * count * 2 : (index + 1) * count * 2] for index in range(channel_count)),
    )


def _pad_to_multiple(block: Samples, size: int) -> Samples:
    """Return `block` as [channels, buckets, `size`], the last bucket filled up with its own last sample."""
    short = -block.shape[1] % size
    padded = np.pad(block, ((0, 0), (0, short)), mode="edge") if short else block
    return padded.reshape(block.shape[0], -1, size)


def _fold(values: Samples, step: int, choose: "np.ufunc") -> Samples:
    """Return every `step` neighbours of [channels, n] folded into one by `choose`."""
    if step == 1:
        return values
    folded: npt.NDArray[np.float32] = choose.reduceat(values, np.arange(0, values.shape[1], step), axis=1)
    return folded
