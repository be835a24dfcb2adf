from callscope.core.metric import ValueState
from tests.support.conversations import AGENT, CUSTOMER, conversation, facts, turn
from tests.support.metric_values import call_value, spans


def test_the_longest_gap_and_who_stood_around_it() -> None:
    talk = conversation(
        turn(AGENT, (1000, 2000), (2400, 3000)),
        turn(CUSTOMER, (4100, 5000), response_ms=1100),
        turn(AGENT, (5900, 7000), response_ms=900),
    )
    value = call_value("longest_pause", facts(talk))
    assert (value.value, spans(value)) == (1100, [(3000, 4100)])
    assert value.evidence[0].reason == "between the agent and the customer"


def test_of_equal_pauses_the_first_is_shown() -> None:
    talk = conversation(turn(AGENT, (0, 100), (600, 700), (1200, 1300)))
    assert spans(call_value("longest_pause", facts(talk))) == [(100, 600)]


def test_no_pause_at_all_is_zero_and_says_so() -> None:
    value = call_value("longest_pause", facts(conversation(turn(AGENT, (0, 100)))))
    assert (value.value, value.reason) == (0, "Somebody spoke all the time.")


def test_no_speech_at_all_is_no_value() -> None:
    assert call_value("longest_pause", facts(conversation())).state is ValueState.NOT_APPLICABLE
