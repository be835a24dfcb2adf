from tests.support.conversations import AGENT, CUSTOMER, conversation, facts, interruption, turn
from tests.support.metric_values import call_value, spans

TALK = conversation(
    turn(AGENT, (0, 3000)),
    turn(CUSTOMER, (2500, 5000), overlap_ms=500),
    turn(AGENT, (4700, 9000), overlap_ms=300),
    turn(CUSTOMER, (6000, 8000), overlap_ms=2000),
    interruptions=(
        interruption(CUSTOMER, 2500, 500, stopped_after_ms=500),
        interruption(AGENT, 4700, 300, stopped_after_ms=300),
        interruption(CUSTOMER, 6000, 2000, stopped_after_ms=None),
    ),
)


def test_interruptions_of_both_parties_are_counted_and_shown() -> None:
    value = call_value("interruption_count", facts(TALK))
    assert value.value == 3
    assert value.statistics == {
        "count": 3,
        "yielded_count": 2,
        "failed_count": 1,
        "stop_latency_p50_ms": 400,
        "agent_count": 1,
        "customer_count": 2,
    }
    assert spans(value) == [(2500, 3000), (4700, 5000), (6000, 8000)]
    assert [span.role for span in value.evidence] == [CUSTOMER, AGENT, CUSTOMER]


def test_the_evidence_says_how_it_went() -> None:
    first, _, last = call_value("interruption_count", facts(TALK)).evidence
    assert first.reason == "the customer started while the agent was speaking; the agent stopped after 500 ms"
    assert last.reason == "the customer started while the agent was speaking; the agent did not stop"


def test_a_polite_call_has_zero() -> None:
    value = call_value("interruption_count", facts(conversation(turn(AGENT, (0, 1000)))))
    assert (value.value, value.evidence, value.statistics["stop_latency_p50_ms"]) == (0, (), None)
