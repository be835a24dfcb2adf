"""The noise each band of a channel is heard against, five seconds at a time."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from callscope.audio.spectrum import BAND_COUNT, Power, dequantize
from callscope.speech.activity import quantile_to_mean
from callscope.speech.parameters import SpeechParameters
from callscope.speech.tracks import ChannelTrack, dilated

CELL_FRAMES = 500
_QUANTILE = 0.3
_QUANTILE_NORMAL = -0.5244
_FEWEST_QUIET_FRAMES = 25
_HANGOVER_FRAMES = 20
_LEAD_FRAMES = 10
_QUIET_PROBABILITY = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseFloor:
    """Mean noise power per cell of `CELL_FRAMES` frames and band, [cells, bands]."""

    cells: Power

    def at(self, stretch: slice) -> Power:
        """Return the noise power of the frames of `stretch`, [frames, bands]."""
        frames = np.arange(stretch.start, stretch.stop)
        power: Power = self.cells[np.minimum(frames // CELL_FRAMES, len(self.cells) - 1)]
        return power

    @property
    def level_db(self) -> float:
        """The middle noise level over the recording, all bands together."""
        return float(10 * np.log10(np.median(self.cells.sum(axis=1))))


def quiet_frames(tracks: list[ChannelTrack]) -> npt.NDArray[np.bool_]:
    """Return the frames in which no channel speaks: noise learned there holds no bleed of the other party either."""
    speech = np.zeros(tracks[0].frame_count, dtype=bool)
    for track in tracks:
        speech |= track.frame_probabilities() > _QUIET_PROBABILITY
    return ~dilated(speech, _LEAD_FRAMES, _HANGOVER_FRAMES)


def estimate_noise(track: ChannelTrack, quiet: npt.NDArray[np.bool_], parameters: SpeechParameters) -> NoiseFloor:
    """Return the noise of `track`, learned in the `quiet` frames.

    A low quantile stands for the mean, so that speech the detector missed does not count as noise. Cells without
    enough quiet take the level of their neighbours; a channel with none at all takes the quietest tenth of itself.
    """
    cell_count = max(1, -(-track.frame_count // CELL_FRAMES))
    cells = np.full((cell_count, BAND_COUNT), np.nan, dtype=np.float32)
    for index in range(cell_count):
        stretch = slice(index * CELL_FRAMES, (index + 1) * CELL_FRAMES)
        heard = track.levels[stretch][quiet[stretch]]
        if len(heard) >= _FEWEST_QUIET_FRAMES:
            cells[index] = np.quantile(dequantize(heard), _QUANTILE, axis=0)
    known = np.flatnonzero(~np.isnan(cells[:, 0]))
    bias = quantile_to_mean(_QUANTILE_NORMAL)
    if known.size == 0:
        cells[:] = (
            np.quantile(dequantize(track.levels[:: max(1, cell_count)]), 0.05, axis=0) if track.frame_count else 0
        )
    else:
        for band in range(BAND_COUNT):
            cells[:, band] = np.interp(np.arange(cell_count), known, cells[known, band])
    power = 10 ** (cells / 10) / bias
    quietest = np.float32(10 ** (parameters.quietest_noise_db / 10))
    return NoiseFloor(cells=np.maximum(power, quietest).astype(np.float32))
