from tests.support.conversations import AGENT, CUSTOMER, backchannel, conversation, facts, turn
from tests.support.metric_values import call_value


def test_turns_of_both_parties_without_backchannels() -> None:
    talk = conversation(
        turn(AGENT, (0, 1000), (1300, 2000)),
        backchannel(CUSTOMER, 800, 1100),
        turn(CUSTOMER, (2500, 3000), response_ms=500),
        turn(AGENT, (3500, 4000), response_ms=500),
    )
    value = call_value("turn_count", facts(talk))
    assert value.value == 3
    assert value.statistics == {"agent_count": 2, "customer_count": 1, "backchannel_count": 1}


def test_a_silent_call_has_zero_turns() -> None:
    assert call_value("turn_count", facts(conversation())).value == 0
