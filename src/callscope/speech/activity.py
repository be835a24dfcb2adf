"""Is there more in a frame than noise? A likelihood ratio over bands, after Sohn, Kim & Sung (1999).

Each band's energy is held against the noise expected in it. For Gaussian noise of known power the ratio of the
likelihoods "signal of unknown power" and "noise only" grows with `dof/2 * (r - 1 - ln r)`, `r` the energy over the
noise. Summed over bands this is as blind to coloured noise and hum as to white noise, and it needs no margin in dB
to be chosen per line.
"""

import numpy as np
import numpy.typing as npt

from callscope.audio.spectrum import band_freedom

_FREEDOM = np.minimum(band_freedom(), 16)
"""Capped: a wide band's energy would be known to a fraction of a dB if noise were Gaussian, and it never quite is."""
_LARGEST_RATIO = np.float32(1e4)
_INDEPENDENT_SHARE = 0.7


def activity_score(power: npt.NDArray[np.float32], noise: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the log likelihood ratio of each frame: `power` [..., frames, bands] against `noise`, broadcastable to it.

    A frame of white noise scores 3 on average, above 13 once in a thousand frames and above 17 once in ten thousand;
    averaged over three frames above 6 once in ten thousand. Clear speech scores hundreds and more.
    """
    ratio = np.clip(power / noise, 1, _LARGEST_RATIO)
    # Not `@`: matrix products start threads of their own, on a core that another call is being measured on.
    evidence: npt.NDArray[np.float32] = np.einsum("...b,b->...", ratio - 1 - np.log(ratio), _FREEDOM / 2)
    return evidence


def quantile_to_mean(normal_deviate: float, *, averaged_frames: int = 1) -> npt.NDArray[np.float32]:
    """Return per band the ratio of a low quantile of noise energy to its mean.

    `normal_deviate` names the quantile (-1.2816 is the tenth percentile); chi-square by Wilson and Hilferty. A
    moving average over `averaged_frames` has fewer degrees of freedom than their sum, since analysis windows of
    neighbours overlap.
    """
    freedom = _FREEDOM * (1 + _INDEPENDENT_SHARE * (averaged_frames - 1))
    spread = 2 / (9 * freedom)
    ratio: npt.NDArray[np.float32] = ((1 - spread + normal_deviate * np.sqrt(spread)) ** 3).astype(np.float32)
    return ratio


def moving_average(bands: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return [frames, bands] averaged over three frames; the ends repeat."""
    padded = np.concatenate([bands[:1], bands, bands[-1:]])
    averaged: npt.NDArray[np.float32] = (padded[:-2] + padded[1:-1] + padded[2:]) / np.float32(3)
    return averaged
