"""How each run of speech sounds: its pitch, level and pace, measured on what was kept of the channel."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from callscope.audio.spectrum import FRAME_MS, to_decibels, to_power
from callscope.core.recording import SegmentProsody
from callscope.speech.tracks import WINDOW_MS, ChannelTrack

Spans = npt.NDArray[np.int64]

_FEWEST_VOICED_WINDOWS = 4
_VOWEL_BANDS = slice(2, 9)
"""344 Hz to 2.7 kHz: vowels are loud here, hiss and hum are not."""
_SMOOTHED_FRAMES = 5
_NUCLEUS_DEPTH_DB = 25.0
_NUCLEUS_DIP_DB = 2.0
_SHORTEST_COUNTED_MS = 500
_SEMITONES_PER_OCTAVE = 12


def measure_prosody(channel_index: int, track: ChannelTrack, spans: Spans) -> Iterator[SegmentProsody]:
    """Yield the prosody of every span (milliseconds) of the channel's speech."""
    for start_ms, end_ms in spans.tolist():
        pitch_hz, pitch_range_semitones = _pitch(track, start_ms, end_ms)
        frames = slice(start_ms // FRAME_MS, max(end_ms // FRAME_MS, start_ms // FRAME_MS + 1))
        power = 10 ** (track.power_db[frames] / 10)
        yield SegmentProsody(
            channel_index=channel_index,
            start_offset_ms=start_ms,
            end_offset_ms=end_ms,
            pitch_hz=pitch_hz,
            pitch_range_semitones=pitch_range_semitones,
            level_db=round(float(10 * np.log10(power.mean())), 1),
            syllables_per_s=_syllables_per_s(track, frames, end_ms - start_ms),
        )


def _pitch(track: ChannelTrack, start_ms: int, end_ms: int) -> tuple[float | None, float | None]:
    """Return the middle pitch and its range; windows an octave from the middle are taken for mishearings."""
    heard = track.sounds.pitch_hz[start_ms // WINDOW_MS : -(-end_ms // WINDOW_MS)].astype(np.float64)
    voiced = heard[~np.isnan(heard)]
    if voiced.size < _FEWEST_VOICED_WINDOWS:
        return None, None
    octaves = np.log2(voiced / np.median(voiced))
    kept = voiced[np.abs(octaves) < 1]
    low, high = np.quantile(kept, [0.1, 0.9])
    return round(float(np.median(kept)), 1), round(float(_SEMITONES_PER_OCTAVE * np.log2(high / low)), 1)


def _syllables_per_s(track: ChannelTrack, frames: slice, duration_ms: int) -> float | None:
    """Return the vowels per second: tops of the level between valleys, as de Jong and Wempe (2009) count them."""
    if duration_ms < _SHORTEST_COUNTED_MS:
        return None
    power = to_power(track.levels[frames, _VOWEL_BANDS]).sum(axis=1)
    kernel = np.ones(_SMOOTHED_FRAMES) / _SMOOTHED_FRAMES
    level_db = to_decibels(np.convolve(power, kernel, mode="same"))
    return round(1000 * _nucleus_count(level_db) / duration_ms, 2)


def _nucleus_count(level_db: npt.NDArray[np.float32]) -> int:
    """Return how many tops rise far enough out of the valley before them; of one rise the highest counts."""
    inner = (level_db[1:-1] >= level_db[:-2]) & (level_db[1:-1] > level_db[2:])
    tops = np.flatnonzero(inner) + 1
    tops = tops[level_db[tops] > level_db.max() - _NUCLEUS_DEPTH_DB] if tops.size else tops
    count, last = 0, None
    for top in tops.tolist():
        if last is None or level_db[last : top + 1].min() < min(level_db[last], level_db[top]) - _NUCLEUS_DIP_DB:
            count, last = count + 1, top
        elif level_db[top] > level_db[last]:
            last = top
    return count
