"""Band energies of 10 ms frames: the compact picture of a channel that edges, noise, bleed and bandwidth are read from.

Kept as unsigned bytes in half-decibel steps, twelve bands a frame, so that an hour of one channel takes 4.3 MB.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from callscope.audio.decode import SAMPLE_RATE_HZ, Samples

FRAME_MS = 10
FRAME_SAMPLES = SAMPLE_RATE_HZ * FRAME_MS // 1000
LOWEST_DB = -127.5
"""Quieter than this reads as this; a 16 bit file's own steps lie above it."""

_WINDOW_SAMPLES = 256
_FRAMES_AT_ONCE = 250
"""What is made on the way stays in the processor's caches; of a whole block at once it would take thrice as long."""
_BIN_HZ = SAMPLE_RATE_HZ / _WINDOW_SAMPLES
_BAND_EDGES_HZ = (94, 219, 344, 469, 656, 906, 1219, 1594, 2094, 2719, 3469, 4500, 7400)
"""About the ear's critical bands two by two; below 94 Hz is mains hum, above 7.4 kHz the resampler's skirt."""
BAND_COUNT = len(_BAND_EDGES_HZ) - 1

Power = npt.NDArray[np.float32]
"""Mean square of samples at full scale 1."""
Decibels = npt.NDArray[np.float32]
QuantizedDecibels = npt.NDArray[np.uint8]
"""Levels as steps of 0.5 dB above `LOWEST_DB`."""

_DECIBELS_OF_LEVEL = (np.arange(256) / 2 + LOWEST_DB).astype(np.float32)
_POWER_OF_LEVEL = (10 ** ((np.arange(256) / 2 + LOWEST_DB) / 10)).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameEnergies:
    """What one block holds: `bands` [channels, frames, `BAND_COUNT`] power, `power` [channels, frames]."""

    bands: npt.NDArray[np.float32]
    power: npt.NDArray[np.float32]
    spectrum: npt.NDArray[np.float32]
    """Power per FFT bin [channels, frames, bins]."""


class FrameAnalyzer:
    """Turns blocks into frame energies, windows reaching over block borders.

    Frame `n` stands for the 10 ms from sample `n * FRAME_SAMPLES` on; its window is centred on them.
    """

    def __init__(self, channel_count: int) -> None:
        self._reach = (_WINDOW_SAMPLES - FRAME_SAMPLES) // 2
        self._before = np.zeros((channel_count, self._reach), dtype=np.float32)
        window = np.hanning(_WINDOW_SAMPLES).astype(np.float32)
        self._window = window / np.sqrt((window**2).sum() * _WINDOW_SAMPLES / 2)
        self._band_starts = np.searchsorted(bin_frequencies_hz(), _BAND_EDGES_HZ)

    def analyze(self, block: Samples) -> FrameEnergies:
        """Return the energies of `block`, a whole number of frames long but for the last, which is padded."""
        short = -block.shape[1] % FRAME_SAMPLES
        whole = np.pad(block, ((0, 0), (0, short)))
        # What follows is not there yet; a mirror image has the same spectrum and makes no click.
        samples = np.concatenate([self._before, whole, whole[:, : -self._reach - 1 : -1]], axis=1)
        frame_count = (block.shape[1] + short) // FRAME_SAMPLES
        self._before = block[:, -self._reach :].copy()
        windows = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW_SAMPLES, axis=1)[:, ::FRAME_SAMPLES]
        windows = windows[:, :frame_count]
        spectrum = np.empty((block.shape[0], frame_count, _WINDOW_SAMPLES // 2 + 1), dtype=np.float32)
        for first in range(0, frame_count, _FRAMES_AT_ONCE):
            some = slice(first, first + _FRAMES_AT_ONCE)
            transform = np.fft.rfft(windows[:, some] * self._window, axis=2)
            np.add(transform.real**2, transform.imag**2, out=spectrum[:, some])
        core = samples[:, self._reach : self._reach + frame_count * FRAME_SAMPLES]
        frames = core.reshape(block.shape[0], frame_count, FRAME_SAMPLES)
        power = np.einsum("cfs,cfs->cf", frames, frames) / np.float32(FRAME_SAMPLES)
        bands = np.add.reduceat(spectrum, self._band_starts, axis=2)[..., :BAND_COUNT]
        return FrameEnergies(bands=bands, power=power, spectrum=spectrum)


def bin_frequencies_hz() -> npt.NDArray[np.float64]:
    """Return the centre of each FFT bin."""
    return np.arange(_WINDOW_SAMPLES // 2 + 1, dtype=np.float64) * _BIN_HZ


def band_freedom() -> npt.NDArray[np.float32]:
    """Return the statistical degrees of freedom of each band's energy in white noise, [`BAND_COUNT`].

    Two per independent bin; a Hann window makes neighbours share, which leaves two thirds of them.
    """
    bin_counts = np.diff(np.searchsorted(bin_frequencies_hz(), _BAND_EDGES_HZ))
    freedom: npt.NDArray[np.float32] = (2 * bin_counts / 1.5).astype(np.float32)
    return freedom


def to_decibels(power: npt.NDArray[np.floating]) -> Decibels:
    """Return power as dB re full scale, floored at `LOWEST_DB`."""
    levels: Decibels = (10 * np.log10(np.maximum(power, 10 ** (LOWEST_DB / 10)))).astype(np.float32)
    return levels


def quantize(decibels: Decibels) -> QuantizedDecibels:
    """Return levels as bytes."""
    steps: QuantizedDecibels = np.clip(np.rint((decibels - LOWEST_DB) * 2), 0, 255).astype(np.uint8)
    return steps


def dequantize(levels: QuantizedDecibels) -> Decibels:
    """Return bytes as levels."""
    return np.take(_DECIBELS_OF_LEVEL, levels)


def to_power(levels: QuantizedDecibels) -> Power:
    """Return bytes as power."""
    return np.take(_POWER_OF_LEVEL, levels)
