"""What a window of a channel sounds like: the pitch of a voice, and how far one or two pure tones explain it.

Pitch is the strongest repetition of the waveform, after Boersma (1993): the autocorrelation of the windowed signal
divided by that of the window itself. Both come from one transform of the signal at 8 kHz.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from callscope.speech.network import CONTEXT_SAMPLES, WINDOW_SAMPLES, Windows

LOWEST_PITCH_HZ = 65.0
HIGHEST_PITCH_HZ = 400.0

_RATE_HZ = 8000
_SIZE = (CONTEXT_SAMPLES + WINDOW_SAMPLES) // 2
_TRANSFORM_SIZE = 640
_BIN_HZ = _RATE_HZ / _TRANSFORM_SIZE
_HANN = np.hanning(_SIZE).astype(np.float32)
_SHORTEST_LAG = round(_RATE_HZ / HIGHEST_PITCH_HZ)
_LONGEST_LAG = round(_RATE_HZ / LOWEST_PITCH_HZ)
_LEAST_REPETITION = 0.5
_SUBHARMONIC_COST = 0.06
"""A repetition at twice the period is as strong as the period's own; the shorter one is meant."""
_LOWEST_TONE_BIN = 12
_LOBE_BINS = 6
_LOBE = np.arange(2 * _LOBE_BINS + 1)
"""Half the width of a pure tone's main lobe under the window."""
_HALF = np.float16

Values = npt.NDArray[np.float16]
Power = npt.NDArray[np.float32]


def _voice_repetition() -> Power:
    """Return per lag what makes the windowed signal's repetition that of the signal."""
    power = np.abs(np.fft.rfft(_HANN, _TRANSFORM_SIZE)) ** 2
    repetition = np.fft.irfft(power)
    own = repetition[_SHORTEST_LAG : _LONGEST_LAG + 1] / repetition[0]
    correction: Power = (1 / own).astype(np.float32)
    return correction


_REPETITION_OF_VOICE = _voice_repetition()
_LAG_COST = (
    _SUBHARMONIC_COST * np.log2(np.arange(_SHORTEST_LAG, _LONGEST_LAG + 1, dtype=np.float32) / _SHORTEST_LAG)
).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSounds:
    """Per window: `pitch_hz` [windows], `tones_hz` [windows, 2] strongest first, `purity` [windows].

    Not a number where nothing was looked at, and as pitch where nothing repeats. `purity` is the share of the power
    that lies in the two strongest tones.
    """

    pitch_hz: Values
    tones_hz: Values
    purity: Values

    @classmethod
    def unheard(cls, window_count: int) -> Self:
        """Return windows that nobody listened to."""
        blank = np.full((window_count, 4), np.nan, dtype=_HALF)
        return cls(pitch_hz=blank[:, 0], tones_hz=blank[:, 1:3], purity=blank[:, 3])

    def __getitem__(self, stretch: slice) -> Self:
        return replace(
            self, pitch_hz=self.pitch_hz[stretch], tones_hz=self.tones_hz[stretch], purity=self.purity[stretch]
        )

    def fill(self, stretch: slice, heard: Self) -> None:
        """Write what was `heard` into the windows of `stretch`."""
        self.pitch_hz[stretch] = heard.pitch_hz
        self.tones_hz[stretch] = heard.tones_hz
        self.purity[stretch] = heard.purity


def joined(pieces: list[WindowSounds]) -> WindowSounds:
    """Return consecutive stretches as one and let go of them."""
    whole = WindowSounds(
        pitch_hz=np.concatenate([np.zeros(0, _HALF), *(piece.pitch_hz for piece in pieces)]),
        tones_hz=np.concatenate([np.zeros((0, 2), _HALF), *(piece.tones_hz for piece in pieces)]),
        purity=np.concatenate([np.zeros(0, _HALF), *(piece.purity for piece in pieces)]),
    )
    pieces.clear()
    return whole


def sound_of(windows: Windows, may_be_voice: npt.NDArray[np.bool_]) -> WindowSounds:
    """Return what each of `windows` sounds like; pitch is looked for only in those that may hold a voice."""
    halved = (windows[:, 0::2] + windows[:, 1::2]) * np.float32(0.5)
    transform = np.fft.rfft(halved * _HANN, _TRANSFORM_SIZE, axis=1)
    power: npt.NDArray[np.float32] = (transform.real**2 + transform.imag**2).astype(np.float32)
    power[:, 0] = 0
    tones_hz, purity = _tones(power)
    pitch_hz = np.full(len(windows), np.nan, dtype=_HALF)
    pitch_hz[may_be_voice] = _pitch_hz(power[may_be_voice])
    return WindowSounds(pitch_hz=pitch_hz, tones_hz=tones_hz, purity=purity)


def _pitch_hz(power: npt.NDArray[np.float32]) -> Values:
    repetition: Power = np.fft.irfft(power, _TRANSFORM_SIZE, axis=1).astype(np.float32, copy=False)
    total = np.maximum(repetition[:, :1], np.float32(1e-12))
    strength: Power = (repetition[:, _SHORTEST_LAG : _LONGEST_LAG + 1] / total * _REPETITION_OF_VOICE).astype(
        np.float32
    )
    best = np.argmax(strength - _LAG_COST, axis=1)
    before, middle, after = _neighbourhood(strength, best)
    lag = _SHORTEST_LAG + best + _vertex(before, middle, after)
    is_voiced = (best > 0) & (best < strength.shape[1] - 1) & (middle > _LEAST_REPETITION)
    return np.where(is_voiced, _RATE_HZ / lag, np.nan).astype(_HALF)


def _tones(power: npt.NDArray[np.float32]) -> tuple[Values, Values]:
    left = power[:, _LOWEST_TONE_BIN:].copy()
    rows = np.arange(len(left))[:, None]
    total = np.maximum(left.sum(axis=1), np.float32(1e-12))
    found_hz, explained = [], np.zeros(len(left), dtype=np.float32)
    for _ in range(2):
        best = np.argmax(left, axis=1)
        shift = _vertex(*(np.log(value + np.float32(1e-20)) for value in _neighbourhood(left, best)))
        found_hz.append((best + _LOWEST_TONE_BIN + shift) * _BIN_HZ)
        first = np.clip(best - _LOBE_BINS, 0, left.shape[1] - _LOBE.size)
        lobe = first[:, None] + _LOBE
        explained += left[rows, lobe].sum(axis=1)
        left[rows, lobe] = 0
    return np.stack(found_hz, axis=1).astype(_HALF), (explained / total).astype(_HALF)


def _neighbourhood(values: npt.NDArray[np.float32], best: npt.NDArray[np.int64]) -> tuple[Power, Power, Power]:
    """Return per row the value before the best one, the best one, and the value after it."""
    rows = np.arange(len(values))
    last = values.shape[1] - 1
    return values[rows, np.maximum(best - 1, 0)], values[rows, best], values[rows, np.minimum(best + 1, last)]


def _vertex(before: Power, middle: Power, after: Power) -> Power:
    """Return how far the top of the parabola through three neighbours lies from the middle one."""
    bend = before - 2 * middle + after
    shift: Power = np.where(bend < 0, (before - after) / np.where(bend < 0, 2 * bend, 1), 0)
    return np.clip(shift, -1, 1)
