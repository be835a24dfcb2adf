from callscope.core.conversation import Conversation
from callscope.core.metric import ValueState
from tests.support.conversations import AGENT, CUSTOMER, conversation, facts, interruption, turn
from tests.support.metric_values import call_value


def talk(barge_in_count: int, failed_count: int) -> Conversation:
    return conversation(
        turn(AGENT, (0, 100_000)),
        interruptions=[
            interruption(CUSTOMER, 1000 * each, 300, stopped_after_ms=None if each < failed_count else 300)
            for each in range(barge_in_count)
        ],
    )


def test_the_share_of_failed_barge_ins() -> None:
    value = call_value("failed_barge_in_rate", facts(talk(10, 4)))
    assert (value.value, value.statistics) == (0.4, {"numerator": 4, "denominator": 10})
    assert len(value.evidence) == 4


def test_few_barge_ins_are_counts_and_no_rate() -> None:
    value = call_value("failed_barge_in_rate", facts(talk(9, 4)))
    assert (value.state, value.reason) == (
        ValueState.NOT_APPLICABLE,
        "4 of 9 barge-ins failed: too few for a rate.",
    )
    assert value.statistics == {"numerator": 4, "denominator": 9}
