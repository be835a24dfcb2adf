"""Slices of a waveform: as many buckets as a screen has columns, whatever the length of the call."""

import numpy as np
import numpy.typing as npt

from callscope.core.recording import Peaks

MAX_BUCKET_COUNT = 4000


def slice_peaks(peaks: Peaks, *, start_ms: int, end_ms: int, bucket_count: int) -> tuple[int, Peaks]:
    """Return the peaks from `start_ms` to `end_ms` in at most `bucket_count` buckets, and where they really start.

    Buckets are whole multiples of the stored ones, so the slice may start up to one stored bucket early.
    """
    first = max(0, start_ms) // peaks.bucket_ms
    last = -(-max(end_ms, start_ms + 1) // peaks.bucket_ms)
    step = max(1, -(-(last - first) // max(1, bucket_count)))
    channels = tuple(_fold(channel, first, last, step) for channel in peaks.channels)
    return first * peaks.bucket_ms, Peaks(bucket_ms=peaks.bucket_ms * step, channels=channels)


def _fold(channel: bytes, first: int, last: int, step: int) -> bytes:
    """Return buckets `first` to `last` of one channel, every `step` of them folded into one."""
    pairs: npt.NDArray[np.int8] = np.frombuffer(channel, dtype=np.int8).reshape(-1, 2)[first:last]
    if step == 1 or not len(pairs):
        return pairs.tobytes()
    edges = np.arange(0, len(pairs), step)
    lows = np.minimum.reduceat(pairs[:, 0], edges)
    highs = np.maximum.reduceat(pairs[:, 1], edges)
    return np.stack([lows, highs], axis=1).tobytes()
