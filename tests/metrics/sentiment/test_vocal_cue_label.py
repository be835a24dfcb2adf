from dataclasses import replace
from typing import Any

import pytest

from callscope.core.metric import CallFacts, ValueState
from callscope.core.recording import SegmentProsody
from tests.support.conversations import AGENT, CUSTOMER, facts
from tests.support.metric_values import event_values, places, values_of
from tests.support.recordings import analysis

USUAL = SegmentProsody(
    channel_index=0,
    start_offset_ms=0,
    end_offset_ms=1000,
    pitch_hz=200.0,
    pitch_range_semitones=4.0,
    level_db=-24.0,
    syllables_per_s=4.0,
)


def call(*unusual: dict[str, Any], usual_count: int = 9) -> CallFacts:
    ordinary = [{} for _ in range(usual_count)]
    prosody = tuple(
        replace(USUAL, start_offset_ms=position * 2000, end_offset_ms=position * 2000 + 1000, **figures)
        for position, figures in enumerate([*ordinary, *unusual])
    )
    return facts(recording=replace(analysis(), prosody=prosody))


@pytest.mark.parametrize(
    ("figures", "label", "reason"),
    [
        ({"level_db": -16.0, "pitch_hz": 240.0}, "raised voice", "8 dB louder and higher than usual"),
        ({"level_db": -32.0}, "lowered voice", "8 dB softer than usual"),
        ({"pitch_range_semitones": 9.0}, "tone change", "the pitch moves over 9.0 semitones"),
        ({"syllables_per_s": 6.4}, "hurried", "1.6 times as fast as usual"),
        ({"syllables_per_s": 2.0}, "slowed down", "0.5 times as fast as usual"),
    ],
)
def test_a_departure_from_the_habit_is_labelled(figures: dict[str, Any], label: str, reason: str) -> None:
    (value,) = event_values("vocal_cue_label", call(figures), CUSTOMER)
    assert (value.value, value.reason) == (label, reason)
    assert places([value]) == [((18_000, 19_000),)]


@pytest.mark.parametrize(
    "figures",
    [
        {},
        {"level_db": -16.0},
        {"pitch_hz": None, "pitch_range_semitones": None, "syllables_per_s": None},
        {"level_db": -20.0, "pitch_hz": 260.0, "syllables_per_s": 5.0},
    ],
)
def test_small_departures_and_what_was_not_measured_are_none(figures: dict[str, Any]) -> None:
    values = [value for value in values_of("vocal_cue_label", call(figures)) if value.role is CUSTOMER]
    assert [(value.state, value.reason) for value in values] == [
        (ValueState.NOT_APPLICABLE, "The customer sounds alike all the time.")
    ]


def test_too_little_speech_has_no_habit_and_a_party_without_channel_no_voice() -> None:
    customer, agent = sorted(values_of("vocal_cue_label", call(usual_count=7)), key=lambda value: value.role is AGENT)
    assert (customer.state, customer.reason) == (
        ValueState.NOT_APPLICABLE,
        "The customer spoke too little to tell what is usual for it.",
    )
    assert agent.state is ValueState.DATA_MISSING
