from callscope.core.metric import ValueState
from tests.support.conversations import AGENT, CUSTOMER, conversation, facts, turn
from tests.support.metric_values import call_value, spans


def test_each_party_counts_from_sample_zero() -> None:
    talk = conversation(turn(AGENT, (820, 2000)), turn(CUSTOMER, (2600, 3000), (3300, 4000), response_ms=600))
    assert call_value("time_to_first_word", facts(talk), AGENT).value == 820
    customer = call_value("time_to_first_word", facts(talk), CUSTOMER)
    assert (customer.value, spans(customer)) == (2600, [(2600, 3000)])


def test_speech_from_the_first_sample_on_is_zero() -> None:
    talk = conversation(turn(AGENT, (0, 500)))
    assert call_value("time_to_first_word", facts(talk), AGENT).value == 0


def test_a_party_that_never_speaks_has_none() -> None:
    value = call_value("time_to_first_word", facts(conversation(turn(AGENT, (0, 500)))), CUSTOMER)
    assert (value.state, value.reason) == (ValueState.NOT_APPLICABLE, "The customer never spoke.")
