from callscope.core.metric import ValueState
from tests.support.conversations import AGENT, CUSTOMER, conversation, facts, interruption, turn
from tests.support.metric_values import call_value, event_values

TALK = conversation(
    turn(AGENT, (1000, 3000), (3500, 6000)),
    turn(CUSTOMER, (5000, 7000), overlap_ms=1000),
    interruptions=(interruption(CUSTOMER, 5000, 1000, stopped_after_ms=1000),),
)


def test_the_interrupted_partys_turn_is_timed_pauses_included() -> None:
    assert call_value("pre_interruption_speaker_duration", facts(TALK), AGENT).value == 4000
    (event,) = event_values("pre_interruption_speaker_duration", facts(TALK), AGENT)
    assert event.value == 4000


def test_who_was_never_interrupted_has_no_value() -> None:
    value = call_value("pre_interruption_speaker_duration", facts(TALK), CUSTOMER)
    assert (value.state, value.reason) == (ValueState.NOT_APPLICABLE, "The agent never interrupted.")
