from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from callscope.core.call import Role
from callscope.core.recording import RecordingAnalysis
from callscope.core.transcript import TranscriptEntry
from callscope.speech.analysis import analyze_recording
from tests.support.signals import write_audio
from tests.support.synthetic_calls import Condition, SyntheticCall, make_call
from tests.support.voices import committed_voices


@pytest.fixture(scope="module")
def call() -> SyntheticCall:
    first, second = committed_voices()
    return make_call(4, {Role.AGENT: first, Role.CUSTOMER: second}, Condition.CLEAN, exchanges=5)


def analyze(tmp_path: Path, samples: np.ndarray, **options: object) -> RecordingAnalysis:
    path = write_audio(tmp_path / "call.wav", samples.astype(np.float32), 16_000, "pcm_s16le")
    return analyze_recording(path, **options)  # type: ignore[arg-type] # options are those of the function under test


def codes(analysis: RecordingAnalysis) -> set[str]:
    return {finding.code for finding in analysis.report.findings}


def spoken(analysis: RecordingAnalysis) -> list[tuple[Role, int, int]]:
    assert analysis.segments is not None
    return [(segment.role, segment.start_offset_ms, segment.end_offset_ms) for segment in analysis.segments]


def transcript_of(call: SyntheticCall, *, exchanged: bool = False) -> list[TranscriptEntry]:
    return [
        TranscriptEntry(
            id=UUID(int=index + 1),
            role=turn.role.other if exchanged else turn.role,
            participant_id=None,
            text="some words were said",
            start_offset_ms=turn.start_ms,
            end_offset_ms=turn.end_ms,
            language_code=None,
            payload=None,
        )
        for index, turn in enumerate(call.turns)
    ]


def test_segments_lie_where_the_clips_were_laid(tmp_path: Path, call: SyntheticCall) -> None:
    found = spoken(analyze(tmp_path, call.samples))
    for role, start_ms, end_ms in call.segments:
        overlapping = [item for item in found if item[0] is role and item[1] < end_ms and start_ms < item[2]]
        assert overlapping
        assert abs(overlapping[0][1] - start_ms) <= 30
        assert abs(overlapping[-1][2] - end_ms) <= 60


def test_a_clean_call_has_nothing_to_complain_of(tmp_path: Path, call: SyntheticCall) -> None:
    analysis = analyze(tmp_path, call.samples)
    assert codes(analysis) == set()
    assert analysis.confidence == 1.0
    assert [channel.role for channel in analysis.channels] == [Role.CUSTOMER, Role.AGENT]
    assert analysis.parameters["merge_gap_ms"] == 200
    assert analysis.report.leading_silence_ms == pytest.approx(call.segments[0][1], abs=30)


def test_the_same_bytes_give_the_same_answer(tmp_path: Path, call: SyntheticCall) -> None:
    assert analyze(tmp_path, call.samples) == analyze(tmp_path, call.samples)


def test_progress_reaches_the_end(tmp_path: Path, call: SyntheticCall) -> None:
    seen: list[tuple[int, int | None]] = []
    analysis = analyze(tmp_path, call.samples, on_progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (analysis.duration_ms, analysis.duration_ms)


def test_given_roles_are_kept(tmp_path: Path, call: SyntheticCall) -> None:
    swapped = spoken(analyze(tmp_path, call.samples, roles=(Role.AGENT, Role.CUSTOMER)))
    usual = spoken(analyze(tmp_path, call.samples))
    assert sorted((role.other, start, end) for role, start, end in swapped) == sorted(usual)


@pytest.mark.parametrize("roles", [(Role.AGENT,), (Role.AGENT, Role.AGENT)])
def test_roles_that_cannot_be_are_refused(tmp_path: Path, call: SyntheticCall, roles: tuple[Role, ...]) -> None:
    with pytest.raises(ValueError, match=r"channels"):
        analyze(tmp_path, call.samples, roles=roles)


def test_one_channel_tells_no_party(tmp_path: Path, call: SyntheticCall) -> None:
    analysis = analyze(tmp_path, call.samples.mean(axis=0, keepdims=True))
    assert analysis.segments is None
    assert analysis.reason is not None
    assert "one channel" in analysis.reason
    assert "mono" in codes(analysis)
    assert analysis.report.channels[0].speech_ms > 10_000


def test_one_channel_twice_tells_no_party(tmp_path: Path, call: SyntheticCall) -> None:
    analysis = analyze(tmp_path, np.repeat(call.samples.mean(axis=0, keepdims=True), 2, axis=0))
    assert analysis.segments is None
    assert analysis.report.is_duplicated_mono
    assert "duplicated_mono" in codes(analysis)


def test_a_dead_channel_is_named(tmp_path: Path, call: SyntheticCall) -> None:
    samples = call.samples.copy()
    samples[1] = 0
    analysis = analyze(tmp_path, samples)
    assert "dead_channel" in codes(analysis)
    assert {role for role, _, _ in spoken(analysis)} == {Role.CUSTOMER}


def test_a_transcript_that_fits_the_other_way_round_swaps_the_channels(tmp_path: Path, call: SyntheticCall) -> None:
    assert not analyze(tmp_path, call.samples, transcript=transcript_of(call)).report.is_channel_order_swapped
    analysis = analyze(tmp_path, call.samples, transcript=transcript_of(call, exchanged=True))
    assert analysis.report.is_channel_order_swapped
    assert "channels_swapped" in codes(analysis)
    assert analysis.confidence < 1
    assert [channel.role for channel in analysis.channels] == [Role.AGENT, Role.CUSTOMER]


@pytest.mark.parametrize("bleed_db", [-25.0, -12.0])
def test_bleed_is_measured_and_counts_for_nobody(tmp_path: Path, call: SyntheticCall, bleed_db: float) -> None:
    heard = call.samples + call.samples[::-1] * 10 ** (bleed_db / 20)
    analysis = analyze(tmp_path, heard)
    assert [channel.bleed_db for channel in analysis.report.channels] == pytest.approx([bleed_db] * 2, abs=1)
    assert "bleed" in codes(analysis)
    true_ms = sum(end - start for _, start, end in call.segments)
    assert sum(end - start for _, start, end in spoken(analysis)) == pytest.approx(true_ms, rel=0.05)


def test_clipping_offset_and_noise_are_named(tmp_path: Path, call: SyntheticCall) -> None:
    noise = np.random.default_rng(5).standard_normal(call.samples.shape) * 10 ** (-30 / 20)
    analysis = analyze(tmp_path, np.clip(call.samples * 6 + 0.05, -1, 1))
    assert {"clipping", "dc_offset"} <= codes(analysis)
    assert "noise" in codes(analyze(tmp_path, call.samples + noise))


def test_dropouts_are_counted(tmp_path: Path, call: SyntheticCall) -> None:
    samples = call.samples.copy()
    for at_ms in (3000, 5000, 7000):
        samples[0, at_ms * 16 : (at_ms + 100) * 16] = 0
    analysis = analyze(tmp_path, samples)
    assert analysis.report.channels[0].dropout_count == 3
    assert "dropouts" in codes(analysis)


def test_a_minute_of_silence_in_front_moves_everything_by_a_minute(tmp_path: Path, call: SyntheticCall) -> None:
    usual = spoken(analyze(tmp_path, call.samples))
    noise = np.random.default_rng(6).standard_normal((2, 60 * 16_000)) * 1e-3
    late = analyze(tmp_path, np.concatenate([noise, call.samples], axis=1))
    assert "leading_silence" in codes(late)
    assert len(spoken(late)) == len(usual)
    for (role, start_ms, end_ms), (late_role, late_start_ms, late_end_ms) in zip(usual, spoken(late), strict=True):
        assert late_role is role
        assert late_start_ms - 60_000 == pytest.approx(start_ms, abs=20)
        assert late_end_ms - 60_000 == pytest.approx(end_ms, abs=20)


def test_abrupt_speech_out_of_digital_silence_is_heard(tmp_path: Path, call: SyntheticCall) -> None:
    gated = np.where(np.abs(call.samples) < 0.01, 0, call.samples)
    found = spoken(analyze(tmp_path, gated))
    for role, start_ms, end_ms in call.segments:
        assert any(item[0] is role and item[1] < end_ms and start_ms < item[2] for item in found)


@pytest.mark.parametrize("kind", ["hum", "tone", "white noise", "nothing"])
def test_what_is_no_speech_is_nobodys(tmp_path: Path, kind: str) -> None:
    at = np.arange(20 * 16_000) / 16_000
    sound = {
        "hum": 0.1 * np.sin(2 * np.pi * 50 * at) + 0.03 * np.sin(2 * np.pi * 150 * at),
        "tone": 0.2 * np.sin(2 * np.pi * 425 * at) * (at % 5 < 1),
        "white noise": np.random.default_rng(7).standard_normal(at.size) * 0.03,
        "nothing": np.zeros(at.size),
    }[kind]
    assert spoken(analyze(tmp_path, np.stack([sound, 0.9 * np.roll(sound, 40)]))) == []


def test_a_fifth_of_a_second_is_enough_to_be_measured(tmp_path: Path) -> None:
    analysis = analyze(tmp_path, np.zeros((2, 3200)))
    assert analysis.duration_ms == 200
    assert spoken(analysis) == []


def test_a_transcript_longer_than_the_recording_is_named(tmp_path: Path, call: SyntheticCall) -> None:
    half = call.samples[:, : call.samples.shape[1] // 2]
    assert "transcript_longer" in codes(analyze(tmp_path, half, transcript=transcript_of(call)))


def test_two_speaking_channels_of_six_are_the_parties(tmp_path: Path, call: SyntheticCall) -> None:
    six = np.zeros((6, call.samples.shape[1]), dtype=np.float32)
    six[:2] = call.samples
    analysis = analyze(tmp_path, six)
    assert [channel.role for channel in analysis.channels][:3] == [Role.CUSTOMER, Role.AGENT, None]
    assert len(spoken(analysis)) == len(spoken(analyze(tmp_path, call.samples)))
