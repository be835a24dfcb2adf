"""One channel's samples by offset, wherever they lie, and where in them it is quiet."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

SAMPLE_RATE_HZ = 16_000
SAMPLES_PER_MS = SAMPLE_RATE_HZ // 1000

Samples = npt.NDArray[np.float32]
"""float32 [n], one channel at 16 kHz, full scale ±1."""
ReadSpeech = Callable[[int, int], Samples]
"""Gives the channel's samples from one offset to another, in milliseconds; beyond its ends there are none."""
_FRAME_MS = 10
_FRAMES_SMOOTHED = 5


def read_from(samples: Samples) -> ReadSpeech:
    """Return a reader of `samples`, an array in memory or mapped from a file."""

    def read(start_ms: int, end_ms: int) -> Samples:
        piece = samples[max(start_ms, 0) * SAMPLES_PER_MS : max(end_ms, 0) * SAMPLES_PER_MS]
        return np.asarray(piece, dtype=np.float32)

    return read


def quietest_ms(read: ReadSpeech, first_ms: int, last_ms: int) -> int:
    """Return the middle of the quietest 50 ms whose middle lies between both offsets, to 10 ms."""
    margin_ms = _FRAME_MS * _FRAMES_SMOOTHED // 2
    start_ms = max(first_ms - margin_ms, 0)
    samples = read(start_ms, last_ms + margin_ms)
    frame = _FRAME_MS * SAMPLES_PER_MS
    power = (samples[: samples.size // frame * frame].reshape(-1, frame) ** 2).sum(axis=1)
    if power.size < _FRAMES_SMOOTHED:
        return (first_ms + last_ms) // 2
    smooth = np.convolve(power, np.ones(_FRAMES_SMOOTHED), mode="valid")
    return start_ms + margin_ms + _FRAME_MS * int(np.argmin(smooth))
