"""How much of the other party is heard in a channel, and what of a frame that explains."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from callscope.audio.spectrum import FRAME_MS, Power, to_power
from callscope.speech.noise import NoiseFloor
from callscope.speech.parameters import SpeechParameters
from callscope.speech.tracks import ChannelTrack

_STRONG_DB = 15.0
"""Only frames within this of the source's loud frames are looked at: there bleed stands out most."""
_FEWEST_FRAMES = 100
_AUDIBLE_OVER_NOISE_DB = 3.0
_LEAST_CORRELATION = 0.5
_SAME_VOICE_SPREAD_DB = 6.0
_SPEAKING = 0.5
_MOST_FRAMES = 20_000
_FEWEST_BAND_FRAMES = 30
_CLEAR_OF_NOISE = 2.0
_LONGEST_DELAY_MS = 1000
_DELAY_STEP_MS = 10
_CLEARLY_LATER = 0.1
_GLANCED_FRAMES = 800
_GLANCE_ERROR = 0.2
"""Three times what the correlation of so many frames may be off by, neighbours being alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bleed:
    """The source channel as heard in the target: `level_db` over all, `gains` per band (power ratios)."""

    level_db: float
    gains: Power


def echo_delay_ms(source: ChannelTrack, target: ChannelTrack) -> int:
    """Return how much later the source's rise and fall is seen in the target, 0 when at once or not at all.

    Speakers next to a microphone answer within milliseconds; networks and far ends add tenths of seconds.
    """
    speaking = np.flatnonzero(source.frame_probabilities() > _SPEAKING)
    speaking = speaking[speaking < source.frame_count - _LONGEST_DELAY_MS // FRAME_MS]
    if speaking.size < _FEWEST_FRAMES:
        return 0
    loud_db = np.quantile(source.power_db[speaking], 0.9)
    strong = speaking[source.power_db[speaking] > loud_db - _STRONG_DB]
    strong = strong[:: max(1, strong.size // _MOST_FRAMES)]
    delays_ms = np.arange(0, _LONGEST_DELAY_MS + 1, _DELAY_STEP_MS)
    glanced = strong[:: strong.size // _GLANCED_FRAMES + 1]
    if not _may_follow(source.power_db[glanced], target.power_db[glanced[:, None] + delays_ms // FRAME_MS]):
        return 0
    likeness = np.array(
        [_likeness(source.power_db[strong], target.power_db[strong + d // FRAME_MS]) for d in delays_ms]
    )
    best = int(np.argmax(likeness))
    return int(delays_ms[best]) if likeness[best] > max(likeness[0] + _CLEARLY_LATER, _LEAST_CORRELATION) else 0


def _may_follow(source_db: npt.NDArray[np.float32], target_db: npt.NDArray[np.float32]) -> bool:
    """Tell by a few frames [frames], [frames, delays] whether a look at all of them may find an echo.

    A thorough look at a call without one, which most are, would take longer than placing its edges.
    """
    alone = target_db < source_db[:, None]
    counts = alone.sum(axis=0)
    if counts.min() < _FEWEST_FRAMES:
        return True
    spoken, heard = (
        np.where(alone, values - (values * alone).sum(axis=0) / counts, 0) for values in (source_db[:, None], target_db)
    )
    scale = np.sqrt((spoken**2).sum(axis=0) * (heard**2).sum(axis=0))
    return bool(((spoken * heard).sum(axis=0) > (_LEAST_CORRELATION - _GLANCE_ERROR) * scale).any())


def _likeness(source_db: npt.NDArray[np.float32], target_db: npt.NDArray[np.float32]) -> float:
    alone = target_db < source_db
    if np.count_nonzero(alone) < _FEWEST_FRAMES:
        return 0.0
    spoken, heard = source_db[alone], target_db[alone]
    return float(np.corrcoef(spoken, heard)[0, 1]) if spoken.std() > 0 and heard.std() > 0 else 0.0


def estimate_bleed(
    source: ChannelTrack, target: ChannelTrack, target_noise: NoiseFloor, parameters: SpeechParameters
) -> Bleed | None:
    """Return the bleed of `source` in `target`, None when none is audible.

    While the source speaks loudly the target mostly holds nothing but bleed, so the middle of the level differences
    is the bleed; it is believed only when the target's level rises and falls with the source's.
    """
    speaking = np.flatnonzero(source.frame_probabilities() > _SPEAKING)
    if speaking.size < _FEWEST_FRAMES:
        return None
    loud_db = np.quantile(source.power_db[speaking], 0.9)
    strong = speaking[source.power_db[speaking] > loud_db - _STRONG_DB]
    difference_db = target.power_db[strong] - source.power_db[strong]
    # A voice is always louder in its own channel; frames in which it is not are the other party's, heard here as bleed.
    strong, difference_db = strong[difference_db < 0], difference_db[difference_db < 0]
    middle_db = float(np.median(difference_db)) if strong.size else 0.0
    alone = strong[difference_db < middle_db + _SAME_VOICE_SPREAD_DB]
    if alone.size < _FEWEST_FRAMES or middle_db < parameters.bleed_floor_db:
        return None
    if not _follows(source.power_db[alone], target.power_db[alone], target_noise.level_db):
        return None
    return Bleed(level_db=middle_db, gains=_band_gains(source, target, target_noise, alone, middle_db))


def explained_power(bleed: Bleed, source: Power, margin_db: float) -> Power:
    """Return the most power per frame and band that bleed of `source` [frames, bands] may have."""
    padded = np.concatenate([source[:1], source, source[-1:]])
    reach = np.maximum(np.maximum(padded[:-2], padded[1:-1]), padded[2:])
    power: Power = reach * (bleed.gains * np.float32(10 ** (margin_db / 10)))
    return power


def _follows(source_db: npt.NDArray[np.float32], target_db: npt.NDArray[np.float32], noise_db: float) -> bool:
    loudest = source_db > np.quantile(source_db, 0.75)
    if np.median(target_db[loudest]) < noise_db + _AUDIBLE_OVER_NOISE_DB:
        return False
    if source_db.std() == 0 or target_db.std() == 0:
        return False
    return bool(np.corrcoef(source_db, target_db)[0, 1] > _LEAST_CORRELATION)


def _band_gains(
    source: ChannelTrack, target: ChannelTrack, target_noise: NoiseFloor, alone: npt.NDArray[np.int64], level_db: float
) -> Power:
    """Return the bleed's gain per band, read where it stands out of the noise; elsewhere the gain over all."""
    taken = alone[:: max(1, alone.size // _MOST_FRAMES)]
    heard = to_power(target.levels[taken])
    spoken = to_power(source.levels[taken])
    noise = np.median(target_noise.cells, axis=0)
    overall = np.float32(10 ** (level_db / 10))
    audible = spoken * overall > noise * _CLEAR_OF_NOISE
    gains = np.full(noise.size, overall, dtype=np.float32)
    for band in np.flatnonzero(audible.sum(axis=0) >= _FEWEST_BAND_FRAMES):
        at = audible[:, band]
        gains[band] = np.median(np.maximum(heard[at, band] - noise[band], 0) / spoken[at, band])
    return gains
