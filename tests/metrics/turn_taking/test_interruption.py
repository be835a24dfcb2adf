from callscope.core.metric import ValueState
from tests.support.conversations import AGENT, CUSTOMER, conversation, facts, interruption, turn
from tests.support.metric_values import event_values, places, spans, values_of

TALK = conversation(
    turn(AGENT, (0, 3000)),
    turn(CUSTOMER, (2900, 5000), overlap_ms=100),
    turn(AGENT, (6000, 9000), response_ms=1000),
    turn(CUSTOMER, (7000, 8000), overlap_ms=1000),
    interruptions=(interruption(CUSTOMER, 7000, 1000, stopped_after_ms=None),),
)


def test_a_start_in_overlap_is_judged_between_both_segments() -> None:
    quick, breaking = event_values("interruption", facts(TALK), CUSTOMER)
    assert (quick.value, breaking.value) == (False, True)
    assert places([quick, breaking]) == [((0, 3000), (2900, 5000)), ((6000, 9000), (7000, 8000))]
    assert spans(quick) == [(2900, 3000)]
    assert quick.evidence[0].reason == "the customer started 100 ms before the agent had finished"
    assert spans(breaking) == [(7000, 8000)]


def test_a_party_that_always_waited_is_out_of_the_question() -> None:
    (value,) = [each for each in values_of("interruption", facts(TALK)) if each.role is AGENT]
    assert (value.state, value.reason) == (
        ValueState.NOT_APPLICABLE,
        "No turn of the agent started while the customer was speaking.",
    )
