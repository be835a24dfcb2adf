from callscope.core.metric import ValueState
from tests.support.conversations import AGENT, CUSTOMER, backchannel, conversation, facts, turn
from tests.support.metric_values import call_value, spans


def test_a_customer_who_has_to_ask_again_was_left_without_an_answer() -> None:
    talk = conversation(
        turn(AGENT, (0, 1000)),
        turn(CUSTOMER, (1500, 2000), (5000, 5400), response_ms=500),
        turn(AGENT, (6000, 7000), response_ms=600),
    )
    agent = call_value("missed_response_count", facts(talk, duration_ms=7200), AGENT)
    assert (agent.value, spans(agent)) == (1, [(2000, 5000)])
    assert agent.evidence[0].reason == "the agent left the customer without an answer for 3000 ms"
    assert call_value("missed_response_count", facts(talk, duration_ms=7200), CUSTOMER).value == 0


def test_a_shorter_pause_is_a_pause() -> None:
    talk = conversation(turn(CUSTOMER, (0, 2000), (4999, 5400)))
    assert call_value("missed_response_count", facts(talk, duration_ms=5500), AGENT).value == 0


def test_a_late_answer_is_an_answer() -> None:
    talk = conversation(turn(CUSTOMER, (0, 2000)), turn(AGENT, (12_000, 13_000), response_ms=10_000))
    assert call_value("missed_response_count", facts(talk, duration_ms=13_000), AGENT).value == 0


def test_a_call_that_ends_in_waiting_was_never_answered() -> None:
    talk = conversation(turn(AGENT, (0, 1000)), turn(CUSTOMER, (1500, 2000), response_ms=500))
    value = call_value("missed_response_count", facts(talk, duration_ms=9000), AGENT)
    assert (value.value, spans(value)) == (1, [(2000, 9000)])


def test_hanging_up_after_goodbye_leaves_nobody_waiting() -> None:
    talk = conversation(turn(AGENT, (0, 1000)), turn(CUSTOMER, (1500, 2000), response_ms=500))
    assert call_value("missed_response_count", facts(talk, duration_ms=4999), AGENT).value == 0
    assert call_value("missed_response_count", facts(talk, duration_ms=None), AGENT).value == 0


def test_a_backchannel_in_the_pause_breaks_the_silence() -> None:
    talk = conversation(turn(CUSTOMER, (0, 2000), (5200, 6000)), backchannel(AGENT, 4000, 4300))
    assert call_value("missed_response_count", facts(talk, duration_ms=6100), AGENT).value == 0


def test_a_call_without_speech_asks_nothing() -> None:
    value = call_value("missed_response_count", facts(conversation()), AGENT)
    assert (value.state, value.reason) == (ValueState.NOT_APPLICABLE, "Nobody spoke.")
