from tests.support.conversations import AGENT, CUSTOMER, conversation, facts, interruption, turn
from tests.support.metric_values import call_value, spans


def test_barge_ins_the_agent_talked_over() -> None:
    talk = conversation(
        turn(AGENT, (0, 9000)),
        turn(CUSTOMER, (1000, 8000), overlap_ms=7000),
        interruptions=(
            interruption(CUSTOMER, 1000, 2400, stopped_after_ms=None),
            interruption(CUSTOMER, 4000, 300, stopped_after_ms=300),
            interruption(AGENT, 6000, 2100, stopped_after_ms=None),
        ),
    )
    value = call_value("failed_barge_in_count", facts(talk))
    assert value.value == 1
    assert value.statistics == {"numerator": 1, "denominator": 2}
    assert spans(value) == [(1000, 3400)]


def test_without_barge_ins_none_failed() -> None:
    value = call_value("failed_barge_in_count", facts(conversation(turn(AGENT, (0, 1000)))))
    assert (value.value, value.statistics["denominator"]) == (0, 0)
