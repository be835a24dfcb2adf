from callscope.core.metric import ValueState
from tests.support.conversations import AGENT, CUSTOMER, conversation, facts, interruption, turn
from tests.support.metric_values import call_value, event_values, places

TALK = conversation(
    turn(AGENT, (0, 3000)),
    turn(CUSTOMER, (2000, 5000), overlap_ms=1000),
    turn(AGENT, (6000, 9000)),
    turn(CUSTOMER, (7000, 7500), overlap_ms=500),
    interruptions=(
        interruption(CUSTOMER, 2000, 1000, stopped_after_ms=1000),
        interruption(CUSTOMER, 7000, 500, stopped_after_ms=None),
    ),
)


def test_each_overlap_and_their_median_belong_to_who_broke_in() -> None:
    value = call_value("interruption_duration", facts(TALK), CUSTOMER)
    assert (value.value, value.statistics["count"], value.statistics["sum"]) == (750, 2, 1500)
    events = event_values("interruption_duration", facts(TALK), CUSTOMER)
    assert [event.value for event in events] == [1000, 500]
    assert places(events)[1] == ((6000, 9000), (7000, 7500))


def test_a_party_that_never_interrupted_has_no_duration() -> None:
    value = call_value("interruption_duration", facts(TALK), AGENT)
    assert (value.state, value.reason) == (ValueState.NOT_APPLICABLE, "The agent never interrupted.")
