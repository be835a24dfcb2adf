"""Nine seconds of a channel's speech out of every few minutes, kept for a network that listens longer than a block."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from callscope.audio.decode import SAMPLE_RATE_HZ, Samples

EXCERPT_SAMPLES = 144_160
"""9.01 seconds."""
PERIOD_SAMPLES = 300 * SAMPLE_RATE_HZ
MOST_EXCERPTS = 12
"""Of one channel: the first hour of a longer call stands for all of it."""
_STEP_SAMPLES = SAMPLE_RATE_HZ // 2
_LEAST_SPOKEN_SHARE = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Excerpt:
    period: int
    spoken_share: float
    samples: npt.NDArray[np.float16]


class ExcerptKeeper:
    """Keeps of each channel and period the stretch with the most speech in it, in half precision: 290 kB each."""

    def __init__(self, channel_count: int) -> None:
        self._kept: list[dict[int, _Excerpt]] = [{} for _ in range(channel_count)]
        self._at = 0

    def take(self, block: Samples, speaking: Sequence[npt.NDArray[np.bool_]]) -> None:
        """Take the next block and per channel which of its equal parts hold speech. Short ones are passed over."""
        period = self._at // PERIOD_SAMPLES
        self._at += block.shape[1]
        if block.shape[1] < EXCERPT_SAMPLES or period >= MOST_EXCERPTS:
            return
        for kept, samples, spoken in zip(self._kept, block, speaking, strict=True):
            start, share = _best_start(samples.size, spoken)
            before = kept.get(period)
            if share >= _LEAST_SPOKEN_SHARE and (before is None or before.spoken_share < share):
                cut = samples[start : start + EXCERPT_SAMPLES].astype(np.float16)
                kept[period] = _Excerpt(period=period, spoken_share=share, samples=cut)

    def excerpts(self) -> tuple[tuple[Samples, ...], ...]:
        """Return the excerpts of every channel in their order, float32 [`EXCERPT_SAMPLES`] each."""
        return tuple(tuple(one.samples.astype(np.float32) for one in kept.values()) for kept in self._kept)


def _best_start(sample_count: int, spoken: npt.NDArray[np.bool_]) -> tuple[int, float]:
    """Return where the stretch with the most speech begins, and the share of it that is speech."""
    starts = np.arange(0, sample_count - EXCERPT_SAMPLES + 1, _STEP_SAMPLES)
    counted = np.concatenate([[0], np.cumsum(spoken)])
    per_part = sample_count / max(spoken.size, 1)
    first = (starts / per_part).astype(int)
    last = np.minimum(((starts + EXCERPT_SAMPLES) / per_part).astype(int), spoken.size)
    shares = (counted[last] - counted[first]) * per_part / EXCERPT_SAMPLES
    best = int(np.argmax(shares))
    return int(starts[best]), float(shares[best])
