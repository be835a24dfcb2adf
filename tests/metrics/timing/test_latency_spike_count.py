from callscope.core.metric import ValueState
from tests.support.conversations import AGENT, CUSTOMER, conversation, facts, turn
from tests.support.metric_values import call_value, spans

TALK = conversation(
    turn(CUSTOMER, (0, 1000)),
    turn(AGENT, (3000, 4000), response_ms=2000),
    turn(CUSTOMER, (9000, 9500), response_ms=5000),
    turn(AGENT, (11_501, 12_000), response_ms=2001),
)


def test_answers_above_the_limit_are_counted_and_shown() -> None:
    value = call_value("latency_spike_count", facts(TALK), AGENT)
    assert (value.value, value.statistics) == (1, {"numerator": 1, "denominator": 2})
    assert spans(value) == [(9500, 11_501)]
    assert value.parameters["spike_ms"] == 2000


def test_an_agent_that_never_answered_has_no_count() -> None:
    value = call_value("latency_spike_count", facts(conversation(turn(AGENT, (0, 1000)))), AGENT)
    assert (value.state, value.value) == (ValueState.NOT_APPLICABLE, None)
