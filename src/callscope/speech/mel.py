"""Mel power spectra as networks know them: Slaney bands of Hann frames every 10 ms, no logarithm."""

import functools

import numpy as np
import numpy.typing as npt

from callscope.speech.channel_audio import SAMPLE_RATE_HZ, Samples

HOP_SAMPLES = 160

MelFrames = npt.NDArray[np.float32]
"""float32 [frames, bands], power."""

_HZ_PER_LINEAR_MEL = 200.0 / 3
_LOG_FROM_HZ = 1000.0
_LOG_STEP = np.log(6.4) / 27


def mel_power(samples: Samples, *, frame_samples: int, band_count: int) -> MelFrames:
    """Return the mel power of frames centred every 10 ms, zeros assumed beyond both ends."""
    padded = np.pad(samples, frame_samples // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, frame_samples)[::HOP_SAMPLES]
    spectrum = np.fft.rfft(frames * _hann_window(frame_samples), axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    return power @ _bands(frame_samples, band_count)


@functools.cache
def _hann_window(frame_samples: int) -> npt.NDArray[np.float32]:
    """The periodic window: one sample longer than it is cut."""
    return np.hanning(frame_samples + 1)[:-1].astype(np.float32)


@functools.cache
def _bands(frame_samples: int, band_count: int) -> npt.NDArray[np.float32]:
    """Triangles of equal area, float32 [bins, bands] (M. Slaney, Auditory Toolbox, 1998)."""
    bin_hz = np.fft.rfftfreq(frame_samples, 1 / SAMPLE_RATE_HZ)
    edge_hz = _mel_to_hz(np.linspace(0, _hz_to_mel(SAMPLE_RATE_HZ / 2), band_count + 2))
    low, centre, high = edge_hz[:-2], edge_hz[1:-1], edge_hz[2:]
    rising = (bin_hz[:, None] - low) / (centre - low)
    falling = (high - bin_hz[:, None]) / (high - centre)
    triangles = np.clip(np.minimum(rising, falling), 0, None) * (2 / (high - low))
    return triangles.astype(np.float32)


def _hz_to_mel(hz: float) -> float:
    """Linear below 1 kHz, logarithmic above."""
    if hz < _LOG_FROM_HZ:
        return hz / _HZ_PER_LINEAR_MEL
    return float(_LOG_FROM_HZ / _HZ_PER_LINEAR_MEL + np.log(hz / _LOG_FROM_HZ) / _LOG_STEP)


def _mel_to_hz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    knee = _LOG_FROM_HZ / _HZ_PER_LINEAR_MEL
    return np.where(mel < knee, mel * _HZ_PER_LINEAR_MEL, _LOG_FROM_HZ * np.exp(_LOG_STEP * (mel - knee)))
