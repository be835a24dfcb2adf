from callscope.core.conversation import TimingBasis
from callscope.core.metric import MetricContext, ValueState
from tests.support.conversations import AGENT, CUSTOMER, backchannel, conversation, facts, segment, turn
from tests.support.metric_values import call_value, numbers, spans, values_of

TALK = conversation(
    turn(AGENT, (0, 1000)),
    turn(CUSTOMER, (1400, 2000), (2200, 3000), response_ms=400),
    turn(AGENT, (3900, 5000), response_ms=900),
    backchannel(CUSTOMER, 4200, 4500),
    turn(CUSTOMER, (4800, 6000), overlap_ms=200),
    turn(AGENT, (6100, 7000), response_ms=100),
    turn(CUSTOMER, (7000, 7500), response_ms=0),
    turn(AGENT, (10_500, 11_000), response_ms=3000),
)


def test_every_answer_has_its_own_value() -> None:
    values = values_of("response_time", facts(TALK))
    assert numbers(values, AGENT, MetricContext.SEGMENT_RANGE) == [900, 100, 3000]
    assert numbers(values, CUSTOMER, MetricContext.SEGMENT_RANGE) == [400, 0]


def test_an_answer_is_anchored_between_the_speech_it_answers_and_its_own_onset() -> None:
    first = next(
        value
        for value in values_of("response_time", facts(TALK))
        if value.role is AGENT and value.context is MetricContext.SEGMENT_RANGE
    )
    assert first.segments == (segment(CUSTOMER, 2200, 3000), segment(AGENT, 3900, 5000))


def test_the_call_has_the_median_with_percentiles_and_the_slowest_as_evidence() -> None:
    value = call_value("response_time", facts(TALK), AGENT)
    assert value.value == 900
    assert value.statistics == {
        "count": 3,
        "sum": 4000,
        "mean": 1333,
        "min": 100,
        "max": 3000,
        "p50": 900,
        "p90": 2580,
        "p95": 2790,
        "started_in_overlap_count": 0,
    }
    assert spans(value) == [(7500, 10_500)]


def test_a_start_in_overlap_is_counted_and_never_averaged() -> None:
    value = call_value("response_time", facts(TALK), CUSTOMER)
    assert (value.statistics["count"], value.statistics["started_in_overlap_count"]) == (2, 1)
    assert value.statistics["mean"] == 200


def test_a_party_that_only_opened_the_call_has_none() -> None:
    talk = conversation(turn(AGENT, (0, 1000)), turn(CUSTOMER, (1500, 2000), response_ms=500))
    value = call_value("response_time", facts(talk), AGENT)
    assert (value.state, value.value) == (ValueState.NOT_APPLICABLE, None)
    assert value.reason == "The agent never answered after the customer had finished."
    assert value.statistics["count"] == 0


def test_turns_from_a_transcript_are_less_certain_and_say_so() -> None:
    talk = conversation(*TALK.turns, basis=TimingBasis.TRANSCRIPT, confidence=0.5)
    value = call_value("response_time", facts(talk), AGENT)
    assert (value.confidence, value.method) == (0.5, "transcript (built)")


def test_without_turns_both_parties_say_why() -> None:
    values = values_of("response_time", facts(None, reason="one channel and no transcript"))
    assert [(value.role, value.state, value.reason) for value in values] == [
        (AGENT, ValueState.DATA_MISSING, "one channel and no transcript"),
        (CUSTOMER, ValueState.DATA_MISSING, "one channel and no transcript"),
    ]
