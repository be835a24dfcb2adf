from callscope.core.metric import MetricContext, ValueState
from tests.support.conversations import AGENT, CUSTOMER, segment
from tests.support.metric_values import call_value, numbers, spans, values_of
from tests.support.response_parts import SPLITS, explained, split

SLUG = "response_unexplained_time"
PARTS = (
    "response_end_of_turn_wait",
    "response_transcription_time",
    "response_llm_first_token_time",
    "response_tool_time",
    "response_tts_first_byte_time",
)


def test_the_remainder_of_every_answer_is_stated_with_its_place() -> None:
    facts = explained(*SPLITS)
    values = values_of(SLUG, facts)
    assert numbers(values, AGENT, MetricContext.SEGMENT_RANGE) == [150, 250]
    assert spans(values[1]) == [(1700, 1750), (1900, 2000)]
    assert values[1].segments == (segment(CUSTOMER, 0, 1000), segment(AGENT, 2000, 3000))


def test_parts_and_remainder_add_up_to_what_was_heard() -> None:
    facts = explained(*SPLITS)
    of_answer = [numbers(values_of(slug, facts), AGENT, MetricContext.SEGMENT_RANGE) for slug in (SLUG, *PARTS)]
    assert [sum(int(one or 0) for one in taken) for taken in zip(*of_answer, strict=True)] == [1000, 2000]


def test_the_call_says_how_well_the_clocks_are_known() -> None:
    statistics = call_value(SLUG, explained(*SPLITS), AGENT).statistics
    assert (statistics["alignment_uncertainty_ms"], statistics["alignment_drift_ppm"]) == (12, 30.0)
    assert (statistics["p50"], statistics["p90"], statistics["p95"]) == (200, 240, 245)


def test_without_alignment_the_reason_is_said() -> None:
    (value,) = values_of(SLUG, explained(alignment=None))
    assert (value.state, value.reason) == (ValueState.DATA_MISSING, "The clocks do not meet.")


def test_waits_without_any_span_are_missing_and_not_unexplained() -> None:
    (value,) = values_of(SLUG, explained(split(2000, 1000, reported_ms=None)))
    assert value.state is ValueState.DATA_MISSING


def test_a_call_without_answers_asks_nothing() -> None:
    (value,) = values_of(SLUG, explained())
    assert value.state is ValueState.NOT_APPLICABLE
