from tests.support.conversations import AGENT, CUSTOMER, conversation, facts, interruption, turn
from tests.support.metric_values import call_value, spans


def test_only_the_interruptions_of_this_party_count() -> None:
    talk = conversation(
        turn(AGENT, (1000, 9000)),
        turn(CUSTOMER, (0, 8000)),
        interruptions=(
            interruption(AGENT, 1000, 400, stopped_after_ms=400),
            interruption(CUSTOMER, 3000, 250, stopped_after_ms=250),
            interruption(AGENT, 5000, 2500, stopped_after_ms=None),
        ),
    )
    value = call_value("agent_interruption_count", facts(talk))
    assert (value.value, value.role) == (2, None)
    assert spans(value) == [(1000, 1400), (5000, 7500)]
    assert value.statistics == {"count": 2, "yielded_count": 1, "failed_count": 1, "stop_latency_p50_ms": 400}


def test_none_is_zero() -> None:
    talk = conversation(
        turn(AGENT, (0, 1000)),
        turn(CUSTOMER, (600, 2000), overlap_ms=400),
        interruptions=(interruption(CUSTOMER, 600, 400, stopped_after_ms=400),),
    )
    assert call_value("agent_interruption_count", facts(talk)).value == 0
