from callscope.core.metric import MetricContext, ValueState
from tests.support.conversations import AGENT
from tests.support.metric_values import call_value, numbers, spans, values_of
from tests.support.response_parts import SPLITS, explained

SLUG = "heard_minus_reported_response_time"


def test_the_difference_of_every_reported_answer_is_stated_with_its_sign() -> None:
    values = values_of(SLUG, explained(*SPLITS))
    assert numbers(values, AGENT, MetricContext.SEGMENT_RANGE) == [400, -300]


def test_the_call_has_the_median_and_shows_the_answer_furthest_off() -> None:
    value = call_value(SLUG, explained(*SPLITS), AGENT)
    assert (value.value, value.statistics["unreported_answer_count"]) == (50, 1)
    assert spans(value) == [(1000, 2000)]
    assert value.evidence[0].reason == "heard 1000 ms, reported 600 ms"


def test_an_agent_that_reports_nothing_leaves_it_missing() -> None:
    (value,) = values_of(SLUG, explained(SPLITS[2]))
    assert value.state is ValueState.DATA_MISSING


def test_a_call_without_answers_asks_nothing() -> None:
    (value,) = values_of(SLUG, explained())
    assert value.state is ValueState.NOT_APPLICABLE
