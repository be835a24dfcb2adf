from callscope.core.metric import ValueState
from tests.support.conversations import AGENT, CUSTOMER, facts, said
from tests.support.metric_values import call_value

OFFER = "Is there anything else that I can do for you?"


def test_phrases_said_before_are_a_share_of_all() -> None:
    call = facts(transcript=said((AGENT, OFFER), (CUSTOMER, OFFER), (AGENT, OFFER.upper())))
    value = call_value("repetition_density", call, AGENT)
    assert (value.value, value.statistics) == (0.5, {"numerator": 7, "denominator": 14})


def test_other_words_are_no_repetition() -> None:
    call = facts(transcript=said((AGENT, OFFER), (AGENT, "Then have a good day and thank you for calling us.")))
    assert call_value("repetition_density", call, AGENT).value == 0


def test_few_words_make_no_rate() -> None:
    value = call_value("repetition_density", facts(transcript=said((AGENT, OFFER))), AGENT)
    assert (value.state, value.reason) == (ValueState.NOT_APPLICABLE, "7 phrases of the agent are too few for a rate.")
