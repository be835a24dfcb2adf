"""A small fixed set, of clips that lie in the repository: what hearing must never fall below.

The floors are a little under what was reached when they were set; the published figures come from `make accuracy`.
"""

from pathlib import Path

import pytest

from callscope.core.call import Role
from callscope.core.conversation import TimingBasis
from callscope.speech.analysis import analyze_recording
from callscope.speech.turns import build_conversation
from tests.support.scoring import Scores
from tests.support.signals import write_audio
from tests.support.synthetic_calls import Condition, make_call
from tests.support.voices import committed_voices

SEEDS = (501, 502)
FLOORS = {
    Condition.CLEAN: (0.99, 10, 25),
    Condition.NOISE_45: (0.99, 15, 60),
    Condition.NOISE_30: (0.95, 60, 180),
    Condition.BLEED_25: (0.99, 10, 25),
    Condition.BLEED_12: (0.99, 10, 25),
    Condition.MULAW: (0.99, 15, 45),
    Condition.DIGITAL_SILENCE: (0.99, 10, 25),
}
"""Turns found, and the bounds of p50 and p90 of the response time's error in ms."""


@pytest.mark.parametrize("condition", FLOORS)
def test_hearing_is_as_good_as_it_was(tmp_path: Path, condition: Condition) -> None:
    first, second = committed_voices()
    scores = Scores()
    for seed in SEEDS:
        call = make_call(seed, {Role.AGENT: first, Role.CUSTOMER: second}, condition)
        path = write_audio(tmp_path / f"{seed}.wav", call.samples, 16_000, "pcm_s16le")
        segments = analyze_recording(path).segments
        assert segments is not None
        scores.add(call, build_conversation(segments, basis=TimingBasis.CHANNEL_AUDIO, confidence=1.0))
    found, p50_ms, p90_ms = FLOORS[condition]
    assert scores.turns.recall >= found
    assert scores.response_error_ms(0.5) <= p50_ms
    assert scores.response_error_ms(0.9) <= p90_ms
    assert scores.interruptions.f1 >= 0.9
    assert scores.backchannels.f1 >= 0.9
