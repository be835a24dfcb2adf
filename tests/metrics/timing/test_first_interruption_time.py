from callscope.core.metric import ValueState
from tests.support.conversations import AGENT, CUSTOMER, conversation, facts, interruption, turn
from tests.support.metric_values import call_value, spans


def test_the_first_onset_in_the_others_speech() -> None:
    talk = conversation(
        turn(AGENT, (0, 9000)),
        interruptions=(
            interruption(CUSTOMER, 6000, 300, stopped_after_ms=300),
            interruption(AGENT, 2500, 400, stopped_after_ms=None),
        ),
    )
    value = call_value("first_interruption_time", facts(talk))
    assert (value.value, spans(value)) == (2500, [(2500, 2900)])


def test_a_polite_call_has_none() -> None:
    value = call_value("first_interruption_time", facts(conversation(turn(AGENT, (0, 1000)))))
    assert (value.state, value.reason) == (ValueState.NOT_APPLICABLE, "Nobody interrupted.")
