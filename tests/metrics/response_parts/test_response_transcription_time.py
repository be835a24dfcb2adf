from callscope.core.metric import MetricContext, ValueState
from callscope.core.span_meaning import SpanPart
from tests.support.conversations import AGENT
from tests.support.metric_values import call_value, numbers, spans, values_of
from tests.support.response_parts import PARTS, SPLITS, explained

SLUG = "response_transcription_time"


def test_every_answer_with_spans_has_its_own_value() -> None:
    assert numbers(values_of(SLUG, explained(*SPLITS)), AGENT, MetricContext.SEGMENT_RANGE) == [50, 0]


def test_the_call_has_the_median_and_shows_the_longest() -> None:
    value = call_value(SLUG, explained(*SPLITS), AGENT)
    assert (value.value, value.statistics["count"]) == (25, 2)
    assert value.statistics["answer_without_spans_count"] == 1
    assert spans(value) == [(1400, 1450)]


def test_a_part_that_the_trace_never_names_is_missing_and_not_zero() -> None:
    (value,) = values_of(SLUG, explained(*SPLITS, parts=PARTS - {SpanPart.STT}))
    assert value.state is ValueState.DATA_MISSING
    assert value.reason
