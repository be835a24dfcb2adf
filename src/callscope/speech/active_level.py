"""The active speech level after ITU-T P.56, method B: how loud a party speaks while it speaks.

The method smooths the signal's envelope twice with 30 ms and counts the time it stays above each of a row of
thresholds, held on for 200 ms; the level is the energy over the time above the threshold 15.9 dB below it.
Here the envelope is the root mean square of 10 ms frames and only detected speech counts, so that neither music nor
the other party's echo is taken for a loud voice.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from callscope.audio.spectrum import FRAME_MS, to_decibels
from callscope.speech.tracks import ChannelTrack, dilated

_SMOOTHING_MS = 30
_KERNEL_MS = 400
_HANGOVER_MS = 200
_MARGIN_DB = 15.9
_THRESHOLDS_DB = np.arange(-84, 1, 6.0)

Spans = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveLevel:
    """Level in dBFS while active, and the share of the recording that is."""

    level_db: float
    activity_ratio: float


def measure_active_level(track: ChannelTrack, spans: Spans) -> ActiveLevel | None:
    """Return the active level of the speech in `spans` (milliseconds), None without any."""
    power = np.zeros(track.frame_count, dtype=np.float32)
    for start, end in spans:
        frames = slice(start // FRAME_MS, -(-end // FRAME_MS))
        power[frames] = 10 ** (track.power_db[frames] / 10)
    total = float(power.sum(dtype=np.float64))
    if total <= 0:
        return None
    envelope_db = to_decibels(_smoothed(np.sqrt(power)) ** 2)
    held = [
        int(np.count_nonzero(dilated(envelope_db >= threshold, 0, _HANGOVER_MS // FRAME_MS)))
        for threshold in _THRESHOLDS_DB
    ]
    active = [(threshold, count) for threshold, count in zip(_THRESHOLDS_DB, held, strict=True) if count]
    levels_db = np.array([10 * np.log10(total / count) for _, count in active])
    margins_db = levels_db - np.array([threshold for threshold, _ in active])
    # Margins fall as thresholds rise; interpolation wants them ascending.
    level_db = float(np.interp(_MARGIN_DB, margins_db[::-1], levels_db[::-1]))
    activity_ratio = min(total / 10 ** (level_db / 10) / track.frame_count, 1.0)
    return ActiveLevel(level_db=round(level_db, 1), activity_ratio=round(activity_ratio, 4))


def _smoothed(envelope: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the envelope through two one-pole smoothers, whose joint response has died away within the kernel."""
    pole = np.exp(-FRAME_MS / _SMOOTHING_MS)
    steps = np.arange(_KERNEL_MS // FRAME_MS)
    kernel = ((1 - pole) ** 2 * (steps + 1) * pole**steps).astype(np.float32)
    return np.convolve(envelope, kernel)[: envelope.size]
