"""PATTERN metrics: something that happens in a call, and something else within a window about it."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from callscope.core.errors import InvalidInput, PathPart
from callscope.core.metric import EvidenceSpan, MetricValue, ValueState, ValueType
from callscope.core.metric_definition import (
    Combinator,
    Condition,
    DefinedMetric,
    MetricSource,
    Outcome,
    Pattern,
    PatternOperation,
    WindowMode,
)
from callscope.metrics.derived import condition as conditions
from callscope.metrics.derived.condition import UnfitLimit, holds, in_words, is_number
from callscope.metrics.derived.expression import Kind
from callscope.metrics.derived.sourcing import (
    Absence,
    SourceValue,
    SourceValues,
    absent,
    derived_value,
    of_places,
    of_whole,
    read_by,
    there,
)

SECOND_MS = 1000

Interval = tuple[int, int]
"""Start and end: milliseconds, or positions among the call's turns."""


@dataclass(frozen=True, slots=True)
class _Match:
    """A trigger with the outcomes in its window."""

    trigger: SourceValue
    outcomes: tuple[SourceValue, ...]


def check(pattern: Pattern, source_types: Mapping[MetricSource, ValueType]) -> None:
    """Refuse a pattern that could never be found; `source_types` are the value types of its sources.

    Raises:
        InvalidInput: at `triggers`, `trigger` or `outcome`, with what is wrong.
    """
    if not pattern.triggers:
        raise InvalidInput.at("triggers", message="A pattern has at least one trigger.")
    for position, trigger in enumerate(pattern.triggers):
        path: tuple[PathPart, ...] = ("trigger",) if len(pattern.triggers) == 1 else ("triggers", position)
        conditions.check(trigger, source_types[trigger.source], *path)
    for name, width in (("windowAfter", pattern.outcome.window_after), ("windowBefore", pattern.outcome.window_before)):
        if width < 0:
            raise InvalidInput.at("outcome", name, message=f"A window reaches 0 or more {pattern.window_mode} far.")
    outcome_type = source_types[pattern.outcome.condition.source]
    conditions.check(pattern.outcome.condition, outcome_type, "outcome")
    if pattern.operation is PatternOperation.OUTCOME_AGGREGATE and Kind.of(outcome_type) is not Kind.NUMBER:
        message = f"OUTCOME_AGGREGATE needs an outcome of numbers; the source is {Kind.of(outcome_type)}."
        raise InvalidInput.at("outcome", "sourceMetricDefinitionId", message=message)


def evaluate(
    metric: DefinedMetric, pattern: Pattern, values: SourceValues, turn_starts_ms: Sequence[int] = ()
) -> MetricValue:
    """Return what is told of the pattern in one call.

    Only values that speak of a place in the call can trigger or be an outcome. The window reaches from `window_before`
    ahead of the trigger's start to `window_after` behind its end; an outcome is in it when it starts in it, and a value
    is never its own outcome. `turn_starts_ms`, in order, is what windows in segments count. AND asks of every trigger a
    value that shares a moment with the first's.
    """
    read = [read_by(condition, values) for condition in (*pattern.triggers, pattern.outcome.condition)]
    role = None if metric.role is None else metric.role.role
    lack = _lack(pattern, read)
    if lack is not None:
        return derived_value(metric, lack, [value for own in read for value in own], role=role)
    try:
        matches, trigger_count = _matches(pattern, read, turn_starts_ms)
    except UnfitLimit as error:
        return derived_value(metric, Absence(ValueState.ERROR, str(error)), (), role=role)
    found = [match for match in matches if match.outcomes]
    return derived_value(
        metric,
        _RESULTS[pattern.operation](found, trigger_count),
        [value for own in read for value in there(own)],
        role=role,
        evidence=tuple(_span(pattern.outcome, match) for match in found),
        statistics={"trigger_count": trigger_count, "match_count": len(found)},
        parameters=_parameters(pattern),
    )


def _lack(pattern: Pattern, read: Sequence[Sequence[SourceValue]]) -> Absence | None:
    """Return why there is nothing to look at: a source without values, or without a value for any place."""
    for condition, own in zip((*pattern.triggers, pattern.outcome.condition), read, strict=True):
        if not own:
            reason = f"The call has no value of {condition.source.definition_id}."
            return Absence(ValueState.DATA_MISSING, reason)
        whole = of_whole(own)
        if len(whole) == len(own) and (lack := absent(whole)) is not None:
            return lack
    return None


def _matches(
    pattern: Pattern, read: Sequence[Sequence[SourceValue]], turn_starts_ms: Sequence[int]
) -> tuple[list[_Match], int]:
    *trigger_values, outcome_values = read
    met = [_met(condition, own) for condition, own in zip(pattern.triggers, trigger_values, strict=True)]
    triggers = _both(met) if pattern.combinator is Combinator.AND else _either(met)
    outcomes = _met(pattern.outcome.condition, outcome_values)
    reach = _reach(pattern, turn_starts_ms)
    return [_Match(each, _within(reach, pattern.outcome, each, outcomes)) for each in triggers], len(triggers)


def _met(condition: Condition, values: Sequence[SourceValue]) -> list[SourceValue]:
    return [
        value
        for value in of_places(values)
        if value.extent_ms is not None and value.value is not None and holds(condition, value.value)
    ]


def _both(met: Sequence[Sequence[SourceValue]]) -> list[SourceValue]:
    first, *others = met
    return [value for value in first if all(any(_meet(value, other) for other in own) for own in others)]


def _either(met: Sequence[Sequence[SourceValue]]) -> list[SourceValue]:
    distinct = {id(value): value for own in met for value in own}
    return sorted(distinct.values(), key=lambda value: _extent(value)[0])


def _meet(one: SourceValue, other: SourceValue) -> bool:
    (start, end), (other_start, other_end) = _extent(one), _extent(other)
    return start < other_end and other_start < end


def _extent(value: SourceValue) -> Interval:
    if value.extent_ms is None:
        raise TypeError("a value of the whole call has no place in it")
    return value.extent_ms


def _reach(pattern: Pattern, turn_starts_ms: Sequence[int]) -> Callable[[SourceValue], Interval]:
    """Return how to place a value on the scale that the window is counted in."""
    if pattern.window_mode is WindowMode.SECONDS:
        return _extent

    def positions(value: SourceValue) -> Interval:
        start_ms, end_ms = _extent(value)
        return bisect_right(turn_starts_ms, start_ms), max(1, bisect_right(turn_starts_ms, end_ms - 1))

    return positions


def _within(
    reach: Callable[[SourceValue], Interval], outcome: Outcome, trigger: SourceValue, candidates: Sequence[SourceValue]
) -> tuple[SourceValue, ...]:
    unit = SECOND_MS if reach is _extent else 1
    start, end = reach(trigger)
    earliest, latest = start - outcome.window_before * unit, end + outcome.window_after * unit
    return tuple(each for each in candidates if each is not trigger and earliest <= reach(each)[0] <= latest)


def _mean_outcome(found: Sequence[_Match], trigger_count: int) -> float | Absence:
    if trigger_count == 0:
        return Absence(ValueState.NOT_APPLICABLE, "Nothing in the call meets the trigger.")
    outcomes = {id(value): value.value for match in found for value in match.outcomes}
    numbers = [float(value) for value in outcomes.values() if is_number(value)]
    if not numbers:
        return Absence(ValueState.NOT_APPLICABLE, "No outcome stands within the window of any trigger.")
    return fmean(numbers)


_RESULTS: Mapping[PatternOperation, Callable[[Sequence[_Match], int], float | bool | Absence]] = {
    PatternOperation.PATTERN_EXISTS: lambda found, _: bool(found),
    PatternOperation.PATTERN_COUNT: lambda found, _: len(found),
    PatternOperation.OUTCOME_AGGREGATE: _mean_outcome,
}


def _span(outcome: Outcome, match: _Match) -> EvidenceSpan:
    extents = [_extent(match.trigger), *(_extent(each) for each in match.outcomes)]
    followed = ", ".join(dict.fromkeys(f"{each.slug} {each.value}" for each in match.outcomes))
    return EvidenceSpan(
        start_offset_ms=min(start for start, _ in extents),
        end_offset_ms=max(end for _, end in extents),
        role=match.trigger.role,
        reason=f"{match.trigger.slug} {match.trigger.value}, then {followed} ({in_words(outcome.condition)})",
    )


def _parameters(pattern: Pattern) -> dict[str, float | int | str]:
    return {
        "operation": pattern.operation.value,
        "window_mode": pattern.window_mode.value,
        "window_before": pattern.outcome.window_before,
        "window_after": pattern.outcome.window_after,
    }
