"""Loudness of known signals."""

import numpy as np
import pytest

from callscope.audio.loudness import LoudnessMeter
from callscope.audio.spectrum import FrameAnalyzer

RATE_HZ = 16_000


def loudness_of(samples: np.ndarray) -> tuple[float | None, ...]:
    analyzer, meter = FrameAnalyzer(samples.shape[0]), LoudnessMeter(samples.shape[0])
    for start in range(0, samples.shape[1], RATE_HZ):
        meter.add(analyzer.analyze(samples[:, start : start + RATE_HZ]))
    return meter.loudness_lufs()


def tone(level_db: float, *, hz: float = 997, seconds: float = 10) -> np.ndarray:
    return 10 ** (level_db / 20) * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)


@pytest.mark.parametrize("level_db", [0.0, -23.0, -40.0])
def test_a_tone_of_997_hz_is_as_loud_as_the_recommendation_says(level_db: float) -> None:
    (loudness,) = loudness_of(tone(level_db)[None].astype(np.float32))
    assert loudness == pytest.approx(level_db - 3.01, abs=0.1)


def test_high_tones_count_more_and_low_ones_less() -> None:
    low, middle, high = (loudness_of(tone(-20, hz=hz)[None].astype(np.float32))[0] for hz in (63, 997, 3150))
    assert low is not None
    assert middle is not None
    assert high is not None
    assert low < middle < high
    assert high - middle == pytest.approx(3.0, abs=0.6)


def test_silence_between_does_not_count_and_channels_stand_alone() -> None:
    half_silent = np.concatenate([tone(-23), np.zeros(20 * RATE_HZ)])
    loud, silent = loudness_of(np.stack([half_silent, np.zeros(half_silent.size)]).astype(np.float32))
    assert loud == pytest.approx(-26.0, abs=0.3)
    assert silent is None
