"""How good voices sound: the network's verdict follows what is done to them, and its absence is said."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from callscope.audio.decode import Samples
from callscope.core.recording import PerceivedQuality
from callscope.speech import perceived_quality
from callscope.speech.analysis import NO_EXCERPT, NOT_ASKED, analyze_recording
from callscope.speech.excerpts import EXCERPT_SAMPLES, MOST_EXCERPTS, PERIOD_SAMPLES, ExcerptKeeper
from callscope.speech.perceived_quality import Dnsmos, JudgeUnavailable, load_judge
from tests.support.signals import write_audio
from tests.support.voices import SAMPLE_RATE_HZ, committed_voices

BLOCK = 20 * SAMPLE_RATE_HZ


class CountingJudge:
    """Counts what it is given."""

    def judge(self, excerpts: Sequence[Samples]) -> PerceivedQuality | None:
        if not excerpts:
            return None
        assert all(one.shape == (EXCERPT_SAMPLES,) for one in excerpts)
        return PerceivedQuality(signal=4, background=4, overall=4, window_count=len(excerpts), method="counted")


def talk(sample_count: int) -> np.ndarray:
    """Return one voice speaking clause after clause."""
    voice, _ = committed_voices()
    pieces = [np.concatenate([clip, np.zeros(3000, dtype=np.float32)]) for clip in voice.clauses]
    return np.resize(np.concatenate(pieces), sample_count)


def test_noise_lowers_the_verdict_on_the_background() -> None:
    judge = load_judge()
    assert isinstance(judge, Dnsmos)
    clean = talk(EXCERPT_SAMPLES)
    noisy = clean + (10 ** (-32 / 20) * np.random.default_rng(1).standard_normal(clean.size)).astype(np.float32)
    good, bad = judge.judge([clean]), judge.judge([noisy])
    assert good is not None
    assert bad is not None
    assert bad.background < good.background - 1
    assert bad.overall < good.overall
    assert good.mean_opinion == pytest.approx(3.37, abs=0.02), "what speechmos says with librosa 0.11 of the same"
    assert bad.mean_opinion is not None
    assert bad.mean_opinion < good.mean_opinion - 0.5
    assert 1 <= bad.overall <= good.overall <= 5


def test_the_verdict_hardly_follows_the_recording_gain() -> None:
    judge = load_judge()
    assert isinstance(judge, Dnsmos)
    loud, soft = judge.judge([talk(EXCERPT_SAMPLES)]), judge.judge([0.1 * talk(EXCERPT_SAMPLES)])
    assert loud is not None
    assert soft is not None
    assert loud.overall == pytest.approx(soft.overall, abs=0.05)


def test_without_weights_it_is_said_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(perceived_quality, "PACKAGE", "no-such-package-anywhere")
    found = load_judge()
    assert isinstance(found, JudgeUnavailable)
    assert "pip install --no-deps speechmos" in found.reason


def test_one_excerpt_of_each_period_is_kept_the_one_with_most_speech() -> None:
    keeper = ExcerptKeeper(2)
    parts = 625
    for block in range(3 * PERIOD_SAMPLES // BLOCK):
        speaks = np.zeros(parts, dtype=bool)
        speaks[: parts * 2 // 3] = block in (3, 20)
        samples = np.full((2, BLOCK), block / 100, dtype=np.float32)
        keeper.take(samples, [speaks, np.zeros(parts, dtype=bool)])
    spoken, silent = keeper.excerpts()
    assert [round(float(one[0]), 2) for one in spoken] == [0.03, 0.2]
    assert silent == ()


def test_a_long_call_keeps_no_more_than_the_first_hour() -> None:
    keeper = ExcerptKeeper(1)
    for _ in range(2 * 3600 * SAMPLE_RATE_HZ // BLOCK):
        keeper.take(np.zeros((1, BLOCK), dtype=np.float32), [np.ones(10, dtype=bool)])
    assert len(keeper.excerpts()[0]) == MOST_EXCERPTS


def test_each_speaking_channel_is_judged_and_a_short_recording_says_why_not(tmp_path: Path) -> None:
    long = np.stack([talk(BLOCK), np.zeros(BLOCK)]).astype(np.float32)
    path = write_audio(tmp_path / "long.wav", long, SAMPLE_RATE_HZ, "pcm_s16le")
    found = analyze_recording(path, judge=CountingJudge())
    speaking, silent = found.report.channels
    assert speaking.perceived is not None
    assert speaking.perceived.window_count == 1
    assert silent.perceived is None
    assert found.perceived_reason is None
    assert analyze_recording(path).perceived_reason == NOT_ASKED.reason
    short = write_audio(tmp_path / "short.wav", long[:, : BLOCK // 4], SAMPLE_RATE_HZ, "pcm_s16le")
    assert analyze_recording(short, judge=CountingJudge()).perceived_reason == NO_EXCERPT
