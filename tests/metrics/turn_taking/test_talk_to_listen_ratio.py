import pytest

from callscope.core.call import Role
from callscope.core.metric import ValueState
from tests.support.conversations import AGENT, CUSTOMER, conversation, facts, turn
from tests.support.metric_values import call_value


def test_the_agents_share_of_speech_time_pauses_left_out() -> None:
    talk = conversation(turn(AGENT, (0, 1000), (4000, 6000)), turn(CUSTOMER, (5500, 6500), overlap_ms=500))
    value = call_value("talk_to_listen_ratio", facts(talk))
    assert value.value == pytest.approx(0.75)
    assert (value.statistics["numerator"], value.statistics["denominator"]) == (3000, 4000)


@pytest.mark.parametrize(("speaker", "expected"), [(AGENT, 1.0), (CUSTOMER, 0.0)])
def test_a_monologue_is_all_or_nothing(speaker: Role, expected: float) -> None:
    assert call_value("talk_to_listen_ratio", facts(conversation(turn(speaker, (0, 10))))).value == expected


def test_no_speech_has_no_share() -> None:
    value = call_value("talk_to_listen_ratio", facts(conversation()))
    assert (value.state, value.reason) == (ValueState.NOT_APPLICABLE, "Nobody spoke.")
