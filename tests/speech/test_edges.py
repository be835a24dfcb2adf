"""Which frames count as speech where the network, or the energy, is in doubt."""

import numpy as np
import numpy.typing as npt
import pytest

from callscope.audio.spectrum import BAND_COUNT, quantize
from callscope.speech.edges import locate_speech
from callscope.speech.noise import estimate_noise
from callscope.speech.parameters import DEFAULT_SPEECH
from callscope.speech.tracks import WINDOW_MS, ChannelTrack
from callscope.speech.window_sound import WindowSounds

FRAME_COUNT = 960
NOISE_DB = -60.0
VOWEL = np.array([-22, -18, -16, -18, -24, -30, -26, -34, -28, -32, -38, -55], dtype=np.float32)
DIALLING = np.array([-90, -90, -90, -75, -16, -60, -16, -60, -90, -90, -90, -90], dtype=np.float32)

Bands = npt.NDArray[np.float32]


def track_of(
    sounds: list[tuple[int, int, Bands]], probabilities: list[tuple[int, int, float]], *, noise_db: float = NOISE_DB
) -> ChannelTrack:
    """Return a channel of noise with `sounds` (ms, ms, band levels) and what the network said (ms, ms, probability)."""
    rng = np.random.default_rng(11)
    bands = np.full((FRAME_COUNT, BAND_COUNT), noise_db - 10.8, dtype=np.float32)
    bands += rng.normal(0, 1, bands.shape).astype(np.float32)
    for start_ms, end_ms, levels in sounds:
        frames = slice(start_ms // 10, end_ms // 10)
        bands[frames] = np.maximum(bands[frames], levels)
    said = np.zeros(FRAME_COUNT * 10 // WINDOW_MS, dtype=np.float32)
    for start_ms, end_ms, probability in probabilities:
        said[start_ms // WINDOW_MS : end_ms // WINDOW_MS] = probability
    power_db = (10 * np.log10((10 ** (bands / 10)).sum(axis=1))).astype(np.float32)
    return ChannelTrack(
        levels=quantize(bands), power_db=power_db, probabilities=said, sounds=WindowSounds.unheard(said.size)
    )


def located(track: ChannelTrack) -> list[tuple[int, int]]:
    # Noise is learned in the last three seconds, where none of these tests has any sound.
    quiet = np.arange(FRAME_COUNT) >= FRAME_COUNT - 300
    noise = estimate_noise(track, quiet, DEFAULT_SPEECH)
    return [(int(start), int(end)) for start, end in locate_speech(track, noise, quiet, DEFAULT_SPEECH)]


def test_a_loud_broad_word_the_network_doubts_is_speech() -> None:
    assert located(track_of([(1000, 1500, VOWEL)], [(1024, 1600, 0.22)])) == [(1005, 1495)]


@pytest.mark.parametrize(
    ("sound", "probability", "until_ms"),
    [(VOWEL, 0.12, 1600), (VOWEL, 0.3, 1200), (VOWEL - 45, 0.3, 1600), (DIALLING, 0.35, 1600)],
    ids=["hardly believed", "short", "faint", "dialling"],
)
def test_doubt_is_not_enough_without(sound: Bands, probability: float, until_ms: int) -> None:
    assert located(track_of([(1000, until_ms - 100, sound)], [(1024, until_ms, probability)])) == []


def test_a_word_that_sinks_into_noise_is_not_parted_where_the_network_goes_on() -> None:
    sounds = [(1000, 2000, VOWEL), (2260, 3000, VOWEL)]
    whole = [(1024, 3072, 0.9)]
    assert located(track_of(sounds, whole, noise_db=-32)) == [(1005, 2995)]
    assert located(track_of(sounds, whole, noise_db=NOISE_DB)) == [(1005, 1995), (2265, 2995)]


def test_a_pause_that_the_network_hears_too_stays_a_pause_in_noise() -> None:
    sounds = [(1000, 2000, VOWEL), (2400, 3000, VOWEL)]
    spans = located(track_of(sounds, [(1024, 2080, 0.9), (2400, 3072, 0.9)], noise_db=-32))
    assert spans == [(1005, 1995), (2405, 2995)]


def test_an_end_below_the_noise_is_where_the_network_stops_less_its_lag() -> None:
    (span,) = located(track_of([(1000, 1700, VOWEL)], [(1024, 1984, 0.9)], noise_db=-32))
    assert span == (1005, pytest.approx(1984 - DEFAULT_SPEECH.network_lag_ms, abs=10))
    (span,) = located(track_of([(1000, 1700, VOWEL)], [(1024, 1984, 0.9)], noise_db=NOISE_DB))
    assert span == (1005, 1695)
