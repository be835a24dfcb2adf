"""The active speech level against the method written down sample by sample."""

import math

import numpy as np
import pytest

from callscope.audio.spectrum import FrameAnalyzer, quantize, to_decibels
from callscope.core.call import Role
from callscope.speech.active_level import measure_active_level
from callscope.speech.tracks import ChannelTrack
from callscope.speech.window_sound import WindowSounds
from tests.support.synthetic_calls import Condition, make_call
from tests.support.voices import committed_voices

RATE_HZ = 16_000


def track_of(samples: np.ndarray) -> ChannelTrack:
    energies = FrameAnalyzer(1).analyze(samples[None].astype(np.float32))
    return ChannelTrack(
        levels=quantize(to_decibels(energies.bands[0])),
        power_db=to_decibels(energies.power[0]),
        probabilities=np.zeros(0, dtype=np.float32),
        sounds=WindowSounds.unheard(0),
    )


def level_by_the_letter(samples: np.ndarray) -> float:
    """Return the active level in dBFS, every sample smoothed, fifteen thresholds an octave apart."""
    pole = math.exp(-1 / (0.03 * RATE_HZ))
    first = second = 0.0
    envelope = np.empty(samples.size)
    for index, value in enumerate(np.abs(samples).tolist()):
        first = pole * first + (1 - pole) * value
        second = pole * second + (1 - pole) * first
        envelope[index] = second
    energy = float((samples.astype(np.float64) ** 2).sum())
    before: tuple[float, float] | None = None
    for threshold in (2.0**-power for power in range(15, 0, -1)):
        above = np.convolve(envelope >= threshold, np.ones(round(0.2 * RATE_HZ)))[: samples.size] > 0.5
        level = 10 * math.log10(energy / np.count_nonzero(above))
        margin = level - 20 * math.log10(threshold)
        if margin <= 15.9 and before is not None:
            share = (before[1] - 15.9) / (before[1] - margin)
            return before[0] + share * (level - before[0])
        before = (level, margin)
    raise AssertionError("the signal is louder than full scale")


def test_it_agrees_with_the_method_by_the_letter() -> None:
    first, second = committed_voices()
    call = make_call(2, {Role.AGENT: first, Role.CUSTOMER: second}, Condition.CLEAN)
    samples = call.samples[0][: 30 * RATE_HZ]
    found = measure_active_level(track_of(samples), np.array([[0, 30_000]]))
    assert found is not None
    assert found.level_db == pytest.approx(level_by_the_letter(samples), abs=0.5)


def test_pauses_change_the_activity_and_not_the_level() -> None:
    tone = 0.1 * np.sin(2 * np.pi * 300 * np.arange(5 * RATE_HZ) / RATE_HZ)
    alone = measure_active_level(track_of(tone), np.array([[0, 5000]]))
    paused = measure_active_level(track_of(np.concatenate([tone, np.zeros(tone.size)])), np.array([[0, 10_000]]))
    assert alone is not None
    assert paused is not None
    assert alone.level_db == pytest.approx(-23.0, abs=0.2)
    assert paused.level_db == pytest.approx(alone.level_db, abs=0.3)
    assert paused.activity_ratio == pytest.approx(0.52, abs=0.03)


def test_without_speech_there_is_no_level() -> None:
    assert measure_active_level(track_of(np.ones(RATE_HZ)), np.zeros((0, 2), dtype=np.int64)) is None
