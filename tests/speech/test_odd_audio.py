"""Recordings that are odd: the numbers are right all the same, or it is said why not, and what to do."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from callscope.core.call import Role
from callscope.core.recording import RecordingAnalysis, SoundKind
from callscope.speech.analysis import analyze_recording
from tests.support.signals import write_audio
from tests.support.synthetic_calls import Condition, SyntheticCall, make_call
from tests.support.voices import committed_voices

RATE_HZ = 16_000


@pytest.fixture(scope="module")
def call() -> SyntheticCall:
    agent, customer = committed_voices()
    return make_call(4, {Role.AGENT: agent, Role.CUSTOMER: customer}, Condition.CLEAN)


def analyzed(path: Path, samples: npt.NDArray[np.floating], *, rate_hz: int = RATE_HZ) -> RecordingAnalysis:
    return analyze_recording(write_audio(path, samples.astype(np.float32), rate_hz, "pcm_s16le"))


def assert_hears(found: RecordingAnalysis, call: SyntheticCall, *, later_ms: int = 0) -> None:
    """Every true segment begins where one was found, and nobody is heard where nobody speaks."""
    assert found.segments is not None
    heard = [(segment.role, segment.start_offset_ms, segment.end_offset_ms) for segment in found.segments]
    truth = [(role, start_ms + later_ms, end_ms + later_ms) for role, start_ms, end_ms in call.segments]
    for role, start_ms, end_ms in truth:
        shared = [one for one in heard if one[0] is role and one[1] < end_ms and start_ms < one[2]]
        assert shared, f"{role} at {start_ms} was not heard"
        assert min(abs(one[1] - start_ms) for one in shared) <= 60 or shared[0][1] < start_ms
    for role, start_ms, end_ms in heard:
        assert any(role is one[0] and start_ms < one[2] and one[1] < end_ms for one in truth), (role, start_ms)


def remedies(found: RecordingAnalysis) -> dict[str, str | None]:
    return {finding.code: finding.remedy for finding in found.report.findings}


@pytest.mark.parametrize(("delay_ms", "echo_db"), [(180, -15.0), (420, -25.0)])
def test_an_echo_that_comes_late_is_measured_and_counts_for_nobody(
    tmp_path: Path, call: SyntheticCall, delay_ms: int, echo_db: float
) -> None:
    samples = call.samples.copy()
    late = delay_ms * RATE_HZ // 1000
    samples[0, late:] += 10 ** (echo_db / 20) * call.samples[1, :-late]
    found = analyzed(tmp_path / "echo.wav", samples)
    assert_hears(found, call)
    customer = found.report.channels[0]
    assert customer.bleed_db == pytest.approx(echo_db, abs=3)
    assert customer.bleed_delay_ms == pytest.approx(delay_ms, abs=20)
    assert f"{customer.bleed_delay_ms} ms later" in " ".join(finding.message for finding in found.report.findings)
    assert remedies(found)["bleed"]


def test_telephone_sound_in_a_wide_file_is_told(tmp_path: Path, call: SyntheticCall) -> None:
    spectrum = np.fft.rfft(call.samples, axis=1)
    spectrum[:, np.fft.rfftfreq(call.samples.shape[1], 1 / RATE_HZ) > 3400] = 0
    narrow = np.repeat(np.fft.irfft(spectrum, call.samples.shape[1], axis=1), 3, axis=1)
    found = analyzed(tmp_path / "wide.wav", narrow, rate_hz=48_000)
    assert_hears(found, call)
    assert all(channel.bandwidth_hz is not None and channel.bandwidth_hz < 4300 for channel in found.report.channels)
    messages = " ".join(finding.message for finding in found.report.findings if finding.code == "narrow_band")
    assert "48000 Hz" in messages
    assert remedies(found)["narrow_band"]


def test_ringing_and_hold_music_around_a_call_leave_its_numbers_alone(tmp_path: Path, call: SyntheticCall) -> None:
    seconds = np.arange(8 * RATE_HZ) / RATE_HZ
    ring = 0.1 * (np.sin(2 * np.pi * 440 * seconds) + np.sin(2 * np.pi * 480 * seconds)) * (seconds % 4 < 2)
    notes_hz = np.array([523.3, 659.3, 784.0, 587.3])[(seconds // 0.4).astype(int) % 4]
    music = 0.1 * np.sin(2 * np.pi * np.cumsum(notes_hz) / RATE_HZ)
    silence = np.zeros(ring.size)
    samples = np.concatenate([np.stack([ring, silence]), call.samples, np.stack([silence, music])], axis=1)
    samples += 1e-3 * np.random.default_rng(3).standard_normal(samples.shape)
    found = analyzed(tmp_path / "hold.wav", samples)
    assert_hears(found, call, later_ms=8000)
    customer, agent = found.report.channels
    assert {sound.kind for sound in customer.sounds} == {SoundKind.RINGING}
    assert {sound.kind for sound in agent.sounds} == {SoundKind.MUSIC}
    assert customer.sounds[0].start_offset_ms == pytest.approx(0, abs=60)
    assert remedies(found)["line_sounds"]


def test_levels_of_voice_and_recording_are_those_of_the_made_call(tmp_path: Path, call: SyntheticCall) -> None:
    found = analyzed(tmp_path / "levels.wav", call.samples)
    for channel in found.report.channels:
        assert channel.active_level_db == pytest.approx(-22, abs=2)
        assert channel.activity_ratio is not None
        assert channel.activity_ratio == pytest.approx(channel.speech_ms / found.duration_ms, abs=0.1)
        assert channel.loudness_lufs is not None
        assert -40 < channel.loudness_lufs < -15
