"""Levels of each channel over a stream: peak, DC offset, clipping, bandwidth, and whether two channels are one."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from callscope.audio.decode import Samples
from callscope.audio.spectrum import FrameEnergies, bin_frequencies_hz, to_decibels

_CLIPPED_LEVEL = 0.985
"""A clipped plateau sits a little below full scale after µ-law coding or resampling."""
_LOUD_FRAME_POWER = 10 ** (-50 / 10)
_BANDWIDTH_DROP_DB = 45.0
_SAME_SIGNAL_DIFFERENCE_RATIO = 1e-3
"""Two channels are one signal when their difference lies 30 dB below them; codecs leave more than 40 dB between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelLevels:
    """Figures of one channel over the whole recording. `bandwidth_hz` is None where nothing is loud enough to tell."""

    peak_db: float | None
    dc_offset: float
    clipped_ratio: float
    bandwidth_hz: int | None


class LevelMeter:
    """Gathers levels over a stream of blocks."""

    def __init__(self, channel_count: int) -> None:
        self._peak = np.zeros(channel_count)
        self._sum = np.zeros(channel_count)
        self._clipped = np.zeros(channel_count, dtype=np.int64)
        self._sample_count = 0
        self._loud_spectrum = np.zeros((channel_count, bin_frequencies_hz().size))
        self._power = np.zeros(channel_count)
        self._difference_power = 0.0

    def add(self, block: Samples, energies: FrameEnergies) -> None:
        """Take the next block and its energies."""
        highs, lows = block.max(axis=1), block.min(axis=1)
        self._peak = np.maximum(self._peak, np.maximum(highs, -lows))
        self._sum += block.sum(axis=1, dtype=np.float64)
        for channel in np.flatnonzero(np.maximum(highs, -lows) >= _CLIPPED_LEVEL):
            self._clipped[channel] += np.count_nonzero(np.abs(block[channel]) >= _CLIPPED_LEVEL)
        self._sample_count += block.shape[1]
        loud = (energies.power > _LOUD_FRAME_POWER).astype(np.float32)
        self._loud_spectrum += np.einsum("cf,cfb->cb", loud, energies.spectrum)
        self._power += energies.power.sum(axis=1)
        if block.shape[0] == 2:  # noqa: PLR2004 - a pair is what can be one signal twice
            difference = block[0] - block[1]
            self._difference_power += float(np.einsum("s,s->", difference, difference)) / (
                block.shape[1] / energies.power.shape[1]
            )

    @property
    def is_one_signal_twice(self) -> bool:
        """Whether both channels of a stereo recording carry the same sound."""
        total = float(self._power.sum())
        return self._power.size == 2 and total > 0 and self._difference_power < total * _SAME_SIGNAL_DIFFERENCE_RATIO  # noqa: PLR2004 - see add

    def channels(self) -> tuple[ChannelLevels, ...]:
        """Return the figures of every channel."""
        count = max(self._sample_count, 1)
        return tuple(
            ChannelLevels(
                peak_db=round(float(20 * np.log10(peak)), 1) if peak > 0 else None,
                dc_offset=round(float(total / count), 5),
                clipped_ratio=float(clipped / count),
                bandwidth_hz=_bandwidth_hz(spectrum),
            )
            for peak, total, clipped, spectrum in zip(
                self._peak, self._sum, self._clipped, self._loud_spectrum, strict=True
            )
        )


def _bandwidth_hz(spectrum: npt.NDArray[np.float64]) -> int | None:
    """Return the frequency above which the loud frames hold next to nothing."""
    if not spectrum.any():
        return None
    levels = to_decibels(spectrum / spectrum.max())
    present = np.flatnonzero(levels > -_BANDWIDTH_DROP_DB)
    return int(bin_frequencies_hz()[present[-1]])
