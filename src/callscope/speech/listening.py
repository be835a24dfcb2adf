"""The streamed half of detection: which windows are worth the network's time, and what it says of them.

Most of a party's channel is silence. Only stretches whose energy stands out from the noise go through the network,
each with a lead-in, and each with a fresh state. Fresh state is not only cheaper: what the network heard a minute
ago otherwise makes it deaf to narrow-band voices, and its verdict would depend on where a recording was cut.
"""

from collections import deque
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from callscope.audio.decode import Samples
from callscope.audio.spectrum import BAND_COUNT, FRAME_SAMPLES, FrameEnergies, Power, quantize, to_decibels
from callscope.speech.activity import activity_score, moving_average, quantile_to_mean
from callscope.speech.network import CONTEXT_SAMPLES, WINDOW_SAMPLES, SpeechNetwork
from callscope.speech.parameters import SpeechParameters
from callscope.speech.tracks import ChannelTrack, dilated, runs
from callscope.speech.window_sound import WindowSounds, joined, sound_of

_LEAD_WINDOWS = 7
"""224 ms of what comes before: with less, a fresh network is unsure of the first syllables."""
_TRAIL_WINDOWS = 3
_SPEAKING = 0.5
_MAY_BE_VOICE = 0.02
_FLOOR_QUANTILE = 0.1
_FLOOR_QUANTILE_NORMAL = -1.2816
_LOUD_QUANTILE = 0.95
_FLOOR_BLOCKS = 3
"""Noise that grew louder is believed after this many blocks; until then too much is listened to, never too little."""

Element = TypeVar("Element", bound=np.generic)


class ChannelListener:
    """Listens to one channel of a stream of blocks.

    Blocks must be whole multiples of 2,560 samples (both the window and the frame divide it), the last one excepted.
    """

    def __init__(self, new_network: Callable[[], SpeechNetwork], parameters: SpeechParameters) -> None:
        self._new_network = new_network
        self._network: SpeechNetwork | None = None
        self._parameters = parameters
        self._held = np.zeros(CONTEXT_SAMPLES + _LEAD_WINDOWS * WINDOW_SAMPLES, dtype=np.float32)
        self._held_active = np.zeros(_LEAD_WINDOWS, dtype=bool)
        self._trail = 0
        self._is_first = True
        self._floors: deque[npt.NDArray[np.float32]] = deque(maxlen=_FLOOR_BLOCKS)
        self._loudness: deque[float] = deque(maxlen=_FLOOR_BLOCKS)
        self._levels: list[npt.NDArray[np.uint8]] = []
        self._power: list[npt.NDArray[np.float32]] = []
        self._probabilities: list[npt.NDArray[np.float32]] = []
        self._sounds: list[WindowSounds] = []

    def hear(self, samples: Samples, bands: npt.NDArray[np.float32], power: npt.NDArray[np.float32]) -> None:
        """Take the next block of this channel: `samples` [n], `bands` [frames, bands], `power` [frames]."""
        self._levels.append(quantize(to_decibels(bands)))
        self._power.append(to_decibels(power))
        whole = -(-samples.size // WINDOW_SAMPLES) * WINDOW_SAMPLES
        padded = np.pad(samples, (0, whole - samples.size)) if whole != samples.size else samples
        active = self._active_windows(bands, power, whole // WINDOW_SAMPLES)
        self._advance(np.concatenate([self._held, padded]), np.concatenate([self._held_active, active]))

    def latest_speech(self) -> npt.NDArray[np.bool_]:
        """Return which windows scored last hold speech: those of the latest block, a quarter of a second late."""
        return self._probabilities[-1] > _SPEAKING

    def finish(self) -> ChannelTrack:
        """Return what was heard of the whole channel."""
        silence = np.zeros(_LEAD_WINDOWS * WINDOW_SAMPLES, dtype=np.float32)
        self._advance(np.concatenate([self._held, silence]), np.pad(self._held_active, (0, _LEAD_WINDOWS)))
        return ChannelTrack(
            levels=_joined(self._levels, np.zeros((0, BAND_COUNT), dtype=np.uint8)),
            power_db=_joined(self._power, np.zeros(0, dtype=np.float32)),
            probabilities=_joined(self._probabilities, np.zeros(0, dtype=np.float32))[_LEAD_WINDOWS:],
            sounds=joined(self._sounds)[_LEAD_WINDOWS:],
        )

    def _active_windows(self, bands: Power, power: Power, window_count: int) -> npt.NDArray[np.bool_]:
        """Return for each window whether any of its frames stands out from the noise and is not far below the voice."""
        smooth = moving_average(bands)
        self._loudness.append(float(np.quantile(power, _LOUD_QUANTILE)))
        faintest = max(self._loudness) * 10 ** (-self._parameters.candidate_depth_db / 10)
        frames = (activity_score(smooth, self._noise(smooth)) > self._parameters.candidate_score) & (power > faintest)
        cumulative = np.concatenate([[0], np.cumsum(frames)])
        first = np.arange(window_count) * WINDOW_SAMPLES // FRAME_SAMPLES
        last = np.minimum(-(-(np.arange(1, window_count + 1) * WINDOW_SAMPLES) // FRAME_SAMPLES), frames.size)
        return cumulative[np.maximum(last, first)] > cumulative[np.minimum(first, frames.size)]

    def _noise(self, smooth: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        low = np.quantile(smooth, _FLOOR_QUANTILE, axis=0).astype(np.float32)
        self._floors.append(low / quantile_to_mean(_FLOOR_QUANTILE_NORMAL, averaged_frames=3))
        quietest = np.float32(10 ** (self._parameters.quietest_noise_db / 10))
        noise: Power = np.maximum(np.min(np.stack(self._floors), axis=0), quietest)
        return noise

    def _advance(self, samples: Samples, active: npt.NDArray[np.bool_]) -> None:
        """Score every window but the last `_LEAD_WINDOWS`, which wait until it is known what follows them."""
        ready = active.size - _LEAD_WINDOWS
        chosen = dilated(active, _LEAD_WINDOWS, _TRAIL_WINDOWS)[:ready]
        chosen[: self._trail] = True
        windows = np.lib.stride_tricks.sliding_window_view(samples, CONTEXT_SAMPLES + WINDOW_SAMPLES)[::WINDOW_SAMPLES]
        scored = np.zeros(ready, dtype=np.float32)
        sounds = WindowSounds.unheard(ready)
        for first, last in runs(chosen):
            if first > 0 or self._network is None:
                self._network = self._new_network()
            scored[first:last] = self._network.probabilities(windows[first:last])
            heard = sound_of(windows[first:last], scored[first:last] >= _MAY_BE_VOICE)
            sounds.fill(slice(first, last), heard)
            if last < ready:
                self._network = None
        if not (ready and chosen[-1]):
            self._network = None
        self._probabilities.append(scored)
        self._sounds.append(sounds)
        self._trail = _trail_left(active[:ready])
        self._held = samples[ready * WINDOW_SAMPLES :].copy()
        self._held_active = active[ready:]


def _trail_left(active: npt.NDArray[np.bool_]) -> int:
    """Return how many windows after the end of `active` still belong to its last active one."""
    found = np.flatnonzero(active)
    return max(0, _TRAIL_WINDOWS - (active.size - 1 - int(found[-1]))) if found.size else 0


def _joined(pieces: list[npt.NDArray[Element]], nothing: npt.NDArray[Element]) -> npt.NDArray[Element]:
    """Return `pieces` as one and let go of them, so that a long call is not held twice."""
    joined = np.concatenate([nothing, *pieces])
    pieces.clear()
    return joined


def listen(listeners: list[ChannelListener], block: Samples, energies: FrameEnergies) -> None:
    """Give each channel of `block` to its listener."""
    for index, listener in enumerate(listeners):
        listener.hear(block[index], energies.bands[index], energies.power[index])
