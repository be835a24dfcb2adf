import pytest

from callscope.core.metric import ValueState
from tests.support.conversations import AGENT, CUSTOMER, backchannel, conversation, facts, turn
from tests.support.metric_values import call_value, spans


def test_time_both_speak_over_time_anyone_speaks() -> None:
    talk = conversation(
        turn(AGENT, (0, 4000)),
        backchannel(CUSTOMER, 1000, 1300),
        turn(CUSTOMER, (3500, 5000), overlap_ms=500),
        turn(AGENT, (6000, 7000), response_ms=1000),
    )
    value = call_value("overtalk_ratio", facts(talk))
    assert value.value == pytest.approx(800 / 6000)
    assert value.statistics == {"count": 2, "numerator": 800, "denominator": 6000}
    assert spans(value) == [(1000, 1300), (3500, 4000)]


def test_touching_speech_is_no_overlap() -> None:
    talk = conversation(turn(AGENT, (0, 1000)), turn(CUSTOMER, (1000, 2000), response_ms=0))
    value = call_value("overtalk_ratio", facts(talk))
    assert (value.value, value.evidence) == (0, ())


def test_no_speech_has_no_ratio() -> None:
    assert call_value("overtalk_ratio", facts(conversation())).state is ValueState.NOT_APPLICABLE
