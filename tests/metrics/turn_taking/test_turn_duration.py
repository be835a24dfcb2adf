from callscope.core.metric import MetricContext, ValueState
from tests.support.conversations import AGENT, CUSTOMER, backchannel, conversation, facts, segment, turn
from tests.support.metric_values import call_value, numbers, spans, values_of

TALK = conversation(
    turn(AGENT, (0, 1000), (1500, 2000)),
    backchannel(CUSTOMER, 900, 1200),
    turn(CUSTOMER, (2500, 2600), response_ms=500),
    turn(AGENT, (3000, 4000), response_ms=400),
)


def test_a_turn_lasts_from_its_first_to_its_last_sound_pauses_included() -> None:
    values = values_of("turn_duration", facts(TALK))
    assert numbers(values, AGENT, MetricContext.SEGMENT) == [2000, 1000]
    assert numbers(values, CUSTOMER, MetricContext.SEGMENT) == [100]
    assert next(value.segments for value in values if value.context is MetricContext.SEGMENT) == (
        segment(AGENT, 0, 2000),
    )


def test_the_call_has_the_median_and_shows_the_longest_turn() -> None:
    value = call_value("turn_duration", facts(TALK), AGENT)
    assert (value.value, value.statistics["mean"], value.statistics["count"]) == (1500, 1500, 2)
    assert spans(value) == [(0, 2000)]


def test_a_party_with_backchannels_only_took_no_turn() -> None:
    talk = conversation(turn(AGENT, (0, 1000), (1200, 2000)), backchannel(CUSTOMER, 900, 1200))
    value = call_value("turn_duration", facts(talk), CUSTOMER)
    assert (value.state, value.reason) == (ValueState.NOT_APPLICABLE, "The customer took no turn.")
