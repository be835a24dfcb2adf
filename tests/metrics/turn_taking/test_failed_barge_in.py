from callscope.core.metric import ValueState
from tests.support.conversations import AGENT, CUSTOMER, conversation, facts, interruption, turn
from tests.support.metric_values import event_values, places, values_of

TALK = conversation(
    turn(AGENT, (0, 3000)),
    turn(CUSTOMER, (2000, 5000), overlap_ms=1000),
    turn(AGENT, (4000, 9000), overlap_ms=1000),
    turn(CUSTOMER, (7000, 7500), overlap_ms=500),
    interruptions=(
        interruption(CUSTOMER, 2000, 1000, stopped_after_ms=1000),
        interruption(AGENT, 4000, 1000, stopped_after_ms=None),
        interruption(CUSTOMER, 7000, 500, stopped_after_ms=None),
    ),
)


def test_a_barge_in_fails_when_the_agent_goes_on() -> None:
    events = event_values("failed_barge_in", facts(TALK))
    assert [event.value for event in events] == [False, True]
    assert places(events) == [((0, 3000), (2000, 5000)), ((4000, 9000), (7000, 7500))]


def test_without_barge_ins_nothing_failed_or_succeeded() -> None:
    (value,) = values_of("failed_barge_in", facts(conversation(turn(AGENT, (0, 1000)))))
    assert (value.state, value.reason) == (ValueState.NOT_APPLICABLE, "The customer never broke in.")
