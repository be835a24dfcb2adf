from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callscope.core.call import Role
from callscope.core.errors import InvalidInput
from callscope.core.metric import MetricValue, ValueState, ValueType
from callscope.core.metric_definition import (
    Combinator,
    Comparison,
    Condition,
    MetricSource,
    Outcome,
    ParticipantRole,
    Pattern,
    PatternOperation,
    WindowMode,
)
from callscope.metrics.derived.pattern import check, evaluate
from tests.support.derived_metrics import A, B, C, at, condition, defined, whole, without
from tests.support.metric_values import spans

SLOW = condition(Comparison.GREATER_THAN, "1000", A)
SAD = condition(Comparison.LESS_THAN, "0", B)


def pattern(
    operation: PatternOperation = PatternOperation.PATTERN_COUNT,
    *triggers: Condition,
    after: int = 10,
    before: int = 0,
    mode: WindowMode = WindowMode.SECONDS,
    combinator: Combinator = Combinator.AND,
    outcome: Condition = SAD,
) -> Pattern:
    return Pattern(
        operation=operation,
        triggers=triggers or (SLOW,),
        outcome=Outcome(condition=outcome, window_after=after, window_before=before),
        combinator=combinator,
        window_mode=mode,
    )


def told(
    of: Pattern, values: dict[MetricSource, Sequence[MetricValue]], turn_starts_ms: Sequence[int] = ()
) -> MetricValue:
    return evaluate(defined(of, of.operation.value_type), of, values, turn_starts_ms)


def slow(start_ms: int, wait_ms: int = 2000) -> MetricValue:
    return at(start_ms, start_ms + 1000, wait_ms, slug="wait")


def mood(start_ms: int, score: float) -> MetricValue:
    return at(start_ms, start_ms + 1000, score, Role.CUSTOMER, slug="mood")


CALL = {A: (slow(0), slow(20_000, 500), slow(40_000), slow(60_000)), B: (mood(5_000, -0.5), mood(50_000, -0.7))}


def test_triggers_followed_by_an_outcome_in_time_are_counted() -> None:
    value = told(pattern(), CALL)
    assert value.value == 2
    assert value.statistics == {"trigger_count": 3, "match_count": 2}
    assert spans(value) == [(0, 6_000), (40_000, 51_000)]
    assert value.evidence[0].reason == "wait 2000, then mood -0.5 (below 0)"


def test_the_window_ends_where_it_is_said_to() -> None:
    assert told(pattern(after=4), CALL).value == 1
    assert told(pattern(after=3), CALL).value == 0
    assert told(pattern(PatternOperation.PATTERN_EXISTS, after=3), CALL).value is False
    assert told(pattern(PatternOperation.PATTERN_EXISTS, after=4), CALL).value is True


def test_the_window_may_reach_back() -> None:
    assert told(pattern(before=10), CALL).value == 3
    assert told(pattern(after=0, before=9), CALL).value == 0
    assert told(pattern(after=0, before=10), CALL).value == 1


def test_outcomes_in_the_windows_are_averaged_once_each() -> None:
    value = told(pattern(PatternOperation.OUTCOME_AGGREGATE, after=10, before=10), CALL)
    assert value.value == pytest.approx(-0.6)


def test_without_triggers_or_outcomes_there_is_no_average() -> None:
    calm = {A: (slow(0, 10),), B: (mood(0, -1),)}
    value = told(pattern(PatternOperation.OUTCOME_AGGREGATE), calm)
    assert (value.state, value.reason) == (ValueState.NOT_APPLICABLE, "Nothing in the call meets the trigger.")
    late = {A: (slow(0),), B: (mood(60_000, -1),)}
    assert told(pattern(PatternOperation.OUTCOME_AGGREGATE), late).state is ValueState.NOT_APPLICABLE


def test_windows_in_segments_count_turns() -> None:
    turns = (0, 5_000, 20_000, 40_000, 50_000, 60_000)
    segments = WindowMode.SEGMENTS
    assert told(pattern(after=1, mode=segments), CALL, turns).value == 2
    assert told(pattern(after=0, mode=segments), CALL, turns).value == 0
    assert told(pattern(after=0, before=1, mode=segments), CALL, turns).value == 1


def test_several_triggers_hold_at_one_moment_or_any() -> None:
    long = condition(Comparison.GREATER_THAN, "5", C)
    values = {**CALL, C: (at(500, 900, 9), at(30_000, 31_000, 9), at(40_500, 45_000, 3))}
    assert told(pattern(PatternOperation.PATTERN_COUNT, SLOW, long), values).value == 1
    either = pattern(PatternOperation.PATTERN_COUNT, SLOW, long, combinator=Combinator.OR, after=25)
    assert told(either, values).statistics == {"trigger_count": 5, "match_count": 4}


def test_one_party_is_read_where_one_is_named() -> None:
    of_agent = condition(Comparison.LESS_THAN, "0", B, ParticipantRole.AGENT)
    assert told(pattern(outcome=of_agent), CALL).state is ValueState.DATA_MISSING
    of_customer = condition(Comparison.LESS_THAN, "0", B, ParticipantRole.CUSTOMER)
    assert told(pattern(outcome=of_customer), CALL).value == 2


def test_a_value_is_never_its_own_outcome() -> None:
    again = pattern(outcome=SLOW, after=25)
    assert told(again, {A: CALL[A]}).value == 1


def test_no_events_where_the_source_says_so_is_a_count_of_zero() -> None:
    assert told(pattern(), {A: (whole(0),), B: (whole(0),)}).value == 0


def test_an_absent_source_is_passed_on() -> None:
    value = told(pattern(), {A: (without(ValueState.DATA_MISSING, "No recording."),), B: CALL[B]})
    assert (value.state, value.reason) == (ValueState.DATA_MISSING, "source has no value: No recording.")
    missing = told(pattern(), {A: CALL[A]})
    assert (missing.state, str(B.definition_id) in str(missing.reason)) == (ValueState.DATA_MISSING, True)


def test_a_limit_that_does_not_fit_is_an_error() -> None:
    odd = told(pattern(outcome=condition(Comparison.LESS_THAN, "few", B)), CALL)
    assert odd.state is ValueState.ERROR
    assert "must be one; 'few' is none" in str(odd.reason)


places = st.lists(st.integers(0, 300), unique=True, max_size=12)


@given(places, places, st.integers(0, 60), st.integers(0, 60))
def test_a_wider_window_never_finds_less(triggers: list[int], outcomes: list[int], one: int, other: int) -> None:
    values = {
        A: (whole(0), *(slow(second * 1000) for second in triggers)),
        B: (whole(0), *(mood(second * 1000, -1) for second in outcomes)),
    }
    narrow, wide = (told(pattern(after=width), values).value for width in sorted((one, other)))
    assert isinstance(narrow, int)
    assert isinstance(wide, int)
    assert narrow <= wide <= len(triggers)
    exists = told(pattern(PatternOperation.PATTERN_EXISTS, after=max(one, other)), values).value
    assert exists is (wide > 0)


@given(places, places, st.integers(0, 1000))
def test_where_the_clock_starts_does_not_matter(triggers: list[int], outcomes: list[int], shift: int) -> None:
    def at_shift(seconds: int) -> MetricValue:
        values = {
            A: (whole(0), *(slow((second + seconds) * 1000) for second in triggers)),
            B: (whole(0), *(mood((second + seconds) * 1000, -1) for second in outcomes)),
        }
        return told(pattern(before=3), values)

    assert at_shift(0).value == at_shift(shift).value


TYPES = {A: ValueType.NUMERIC, B: ValueType.NUMERIC, C: ValueType.CLASSIFICATION}


@pytest.mark.parametrize(
    ("refused_pattern", "path"),
    [
        (replace(pattern(), triggers=()), ("triggers",)),
        (pattern(PatternOperation.PATTERN_COUNT, replace(SLOW, threshold_value="x")), ("trigger", "thresholdValue")),
        (
            pattern(PatternOperation.PATTERN_COUNT, SLOW, condition(Comparison.LESS_THAN, "Failed", C)),
            ("triggers", 1, "operator"),
        ),
        (pattern(after=-1), ("outcome", "windowAfter")),
        (pattern(before=-1), ("outcome", "windowBefore")),
        (pattern(outcome=replace(SAD, threshold_value="true")), ("outcome", "thresholdValue")),
        (
            pattern(PatternOperation.OUTCOME_AGGREGATE, outcome=condition(Comparison.EQUALS, "Failed", C)),
            ("outcome", "sourceMetricDefinitionId"),
        ),
    ],
)
def test_a_pattern_that_cannot_be_found_is_refused(refused_pattern: Pattern, path: tuple[str | int, ...]) -> None:
    with pytest.raises(InvalidInput) as refused:
        check(refused_pattern, TYPES)
    assert refused.value.issues[0].path == path


def test_a_pattern_that_can_be_found_passes() -> None:
    check(pattern(), TYPES)
