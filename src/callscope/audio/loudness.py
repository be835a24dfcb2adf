"""Loudness after ITU-R BS.1770: each channel by itself, gated, in LUFS.

The K weighting is applied to the spectra of 10 ms frames instead of the samples, at 16 kHz. A tone of 997 Hz comes out
as the recommendation says; what lies above 8 kHz is not heard.
"""

import numpy as np
import numpy.typing as npt

from callscope.audio.spectrum import FrameEnergies, bin_frequencies_hz

_FILTER_RATE_HZ = 48_000
_SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
_HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
"""Both stages as the recommendation prints them, for 48 kHz: their response in hertz holds at any rate."""
_OFFSET_DB = -0.691
_STEP_FRAMES = 10
_STEPS_PER_BLOCK = 4
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_DB = -10.0


def _weights() -> npt.NDArray[np.float32]:
    delay = np.exp(-2j * np.pi * bin_frequencies_hz() / _FILTER_RATE_HZ)
    gain = np.ones(delay.size)
    for above, below in (_SHELF, _HIGH_PASS):
        gain *= np.abs(np.polyval(above[::-1], delay) / np.polyval(below[::-1], delay)) ** 2
    return gain.astype(np.float32)


class LoudnessMeter:
    """Gathers weighted power over a stream of blocks, each but the last a multiple of 100 ms long."""

    def __init__(self, channel_count: int) -> None:
        self._weights = _weights()
        self._steps: list[npt.NDArray[np.float32]] = [np.zeros((channel_count, 0), dtype=np.float32)]

    def add(self, energies: FrameEnergies) -> None:
        """Take the energies of the next block."""
        weighted = np.einsum("cfb,b->cf", energies.spectrum, self._weights)
        whole = weighted.shape[1] // _STEP_FRAMES * _STEP_FRAMES
        steps = weighted[:, :whole].reshape(weighted.shape[0], -1, _STEP_FRAMES).mean(axis=2)
        self._steps.append(steps.astype(np.float32))

    def loudness_lufs(self) -> tuple[float | None, ...]:
        """Return the integrated loudness of every channel, None where nothing is above the absolute gate."""
        return tuple(_integrated_lufs(steps) for steps in np.concatenate(self._steps, axis=1))


def _integrated_lufs(steps: npt.NDArray[np.float32]) -> float | None:
    if steps.size < _STEPS_PER_BLOCK:
        return None
    total = np.concatenate([[0.0], np.cumsum(steps, dtype=np.float64)])
    blocks = (total[_STEPS_PER_BLOCK:] - total[:-_STEPS_PER_BLOCK]) / _STEPS_PER_BLOCK
    heard = blocks[blocks > _power_of(_ABSOLUTE_GATE_LUFS)]
    if heard.size == 0:
        return None
    gate_lufs = _lufs_of(float(heard.mean())) + _RELATIVE_GATE_DB
    return round(_lufs_of(float(heard[heard > _power_of(gate_lufs)].mean())), 1)


def _lufs_of(power: float) -> float:
    return _OFFSET_DB + 10 * float(np.log10(power))


def _power_of(loudness_lufs: float) -> float:
    return float(10 ** ((loudness_lufs - _OFFSET_DB) / 10))
