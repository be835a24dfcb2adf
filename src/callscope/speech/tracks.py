"""What is kept of a channel when its samples are gone: levels, band energies, speech probabilities; 2 kB a second."""

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from callscope.audio.spectrum import FRAME_MS, Decibels, QuantizedDecibels
from callscope.speech.network import WINDOW_SAMPLES
from callscope.speech.window_sound import WindowSounds

Element = TypeVar("Element", bound=np.generic)

WINDOW_MS = WINDOW_SAMPLES // 16
FRAMES_PER_CHUNK = 12_000
"""Two minutes: post-processing works through long calls in pieces of this length, so that memory stays flat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTrack:
    """One channel: `levels` [frames, bands] and `power` [frames] per 10 ms, `probabilities` [windows] per 32 ms.

    `sounds` tells what the windows sound like that the network was asked about.
    """

    levels: QuantizedDecibels
    power_db: Decibels
    probabilities: npt.NDArray[np.float32]
    sounds: WindowSounds

    @property
    def frame_count(self) -> int:
        """Number of 10 ms frames."""
        return int(self.power_db.size)

    def frame_probabilities(self) -> npt.NDArray[np.float32]:
        """Return the probability of speech of each 10 ms frame, that of the window its middle lies in."""
        middles_ms = np.arange(self.frame_count) * FRAME_MS + FRAME_MS // 2
        windows = np.minimum(middles_ms // WINDOW_MS, max(self.probabilities.size - 1, 0))
        return self.probabilities[windows] if self.probabilities.size else np.zeros(self.frame_count, np.float32)


def delayed(track: ChannelTrack, delay_ms: int) -> ChannelTrack:
    """Return what `track` is when heard `delay_ms` later; what would come before its first frame is its first frame."""

    def frames_later(values: npt.NDArray[Element], step_ms: int) -> npt.NDArray[Element]:
        count = min(round(delay_ms / step_ms), len(values))
        return np.concatenate([np.repeat(values[:1], count, axis=0), values[: len(values) - count]])

    return replace(
        track,
        levels=frames_later(track.levels, FRAME_MS),
        power_db=frames_later(track.power_db, FRAME_MS),
        probabilities=frames_later(track.probabilities, WINDOW_MS),
    )


def chunks(frame_count: int) -> list[slice]:
    """Return the stretches of frames that post-processing takes one at a time."""
    return [
        slice(start, min(start + FRAMES_PER_CHUNK, frame_count)) for start in range(0, frame_count, FRAMES_PER_CHUNK)
    ]


def runs(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return the runs of True in `mask` as [runs, 2]: first index, index after the last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return edges.reshape(-1, 2)


def dilated(mask: npt.NDArray[np.bool_], before: int, after: int) -> npt.NDArray[np.bool_]:
    """Return `mask` with each run of True begun `before` elements earlier and ended `after` elements later."""
    steps = np.zeros(mask.size + 1, dtype=np.int32)
    found = runs(mask)
    np.add.at(steps, np.maximum(found[:, 0] - before, 0), 1)
    np.add.at(steps, np.minimum(found[:, 1] + after, mask.size), -1)
    return np.cumsum(steps[:-1]) > 0
