"""Pitch, level and pace of voices made for the purpose."""

import numpy as np
import numpy.typing as npt
import pytest

from callscope.audio.spectrum import FrameAnalyzer
from callscope.core.recording import SegmentProsody
from callscope.speech.listening import ChannelListener
from callscope.speech.network import Probabilities, Windows
from callscope.speech.parameters import DEFAULT_SPEECH
from callscope.speech.prosody import measure_prosody

RATE_HZ = 16_000


class Everything:
    """A network that takes all it is asked about for speech."""

    def probabilities(self, windows: Windows) -> Probabilities:
        return np.ones(len(windows), dtype=np.float32)


def voice(pitch_hz: npt.NDArray[np.float64], *, syllables_per_s: float = 4.0) -> npt.NDArray[np.float32]:
    """Return a buzz of ten harmonics at `pitch_hz` [samples], swelling `syllables_per_s` times a second."""
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    buzz = np.sum([np.sin(part * phase) / part for part in range(1, 11)], axis=0)
    seconds = np.arange(pitch_hz.size) / RATE_HZ
    swell = 0.05 + 0.95 * np.sin(np.pi * syllables_per_s * seconds) ** 2
    noise = 1e-4 * np.random.default_rng(1).standard_normal(pitch_hz.size)
    return (0.1 * swell * buzz + noise).astype(np.float32)


def prosody_of(speech: npt.NDArray[np.float32]) -> SegmentProsody:
    quiet = (1e-4 * np.random.default_rng(2).standard_normal(2 * RATE_HZ)).astype(np.float32)
    samples = np.concatenate([quiet, speech, quiet])
    energies = FrameAnalyzer(1).analyze(samples[None])
    listener = ChannelListener(Everything, DEFAULT_SPEECH)
    listener.hear(samples, energies.bands[0], energies.power[0])
    spans = np.array([[2000, 2000 + speech.size * 1000 // RATE_HZ]])
    (found,) = measure_prosody(0, listener.finish(), spans)
    return found


@pytest.mark.parametrize("pitch_hz", [95.0, 140.0, 220.0, 310.0])
def test_a_steady_voice_has_its_pitch_and_no_range(pitch_hz: float) -> None:
    found = prosody_of(voice(np.full(3 * RATE_HZ, pitch_hz)))
    assert found.pitch_hz == pytest.approx(pitch_hz, rel=0.01)
    assert found.pitch_range_semitones == pytest.approx(0, abs=0.5)


def test_a_gliding_voice_has_the_range_of_its_glide() -> None:
    found = prosody_of(voice(np.geomspace(110, 220, 3 * RATE_HZ)))
    assert found.pitch_range_semitones == pytest.approx(0.8 * 12, abs=1)


@pytest.mark.parametrize("syllables_per_s", [3.0, 5.0])
def test_syllables_are_counted(syllables_per_s: float) -> None:
    found = prosody_of(voice(np.full(4 * RATE_HZ, 130.0), syllables_per_s=syllables_per_s))
    assert found.syllables_per_s == pytest.approx(syllables_per_s, rel=0.15)


def test_a_louder_voice_has_a_higher_level() -> None:
    soft = voice(np.full(RATE_HZ, 130.0))
    assert prosody_of(4 * soft).level_db - prosody_of(soft).level_db == pytest.approx(12, abs=0.3)


def test_noise_has_no_pitch_and_a_word_too_short_no_pace() -> None:
    hiss = (0.05 * np.random.default_rng(3).standard_normal(RATE_HZ * 3 // 10)).astype(np.float32)
    found = prosody_of(hiss)
    assert found.pitch_hz is None
    assert found.pitch_range_semitones is None
    assert found.syllables_per_s is None
