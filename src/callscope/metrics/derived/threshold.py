"""THRESHOLD metrics: whether a source meets a condition, value by value or all of its values together."""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

from callscope.core.call import Role
from callscope.core.errors import InvalidInput
from callscope.core.metric import MetricValue, ValueState, ValueType
from callscope.core.metric_definition import Aggregation, Condition, DefinedMetric, Threshold
from callscope.metrics.derived import condition as conditions
from callscope.metrics.derived.condition import Limit, UnfitLimit, holds, in_words, is_number, test_of
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
    spans_of,
    there,
)
from callscope.metrics.statistics import percentile

NOTHING_TO_AGGREGATE = "The source has no values to aggregate."

_AGGREGATES: Mapping[Aggregation, Callable[[Sequence[float]], float]] = {
    Aggregation.AVERAGE: fmean,
    Aggregation.MIN: min,
    Aggregation.MAX: max,
    Aggregation.MEDIAN: lambda numbers: percentile(numbers, 0.5),
    Aggregation.P95: lambda numbers: percentile(numbers, 0.95),
    Aggregation.P99: lambda numbers: percentile(numbers, 0.99),
    Aggregation.SUM: sum,
}


def check(threshold: Threshold, source_type: ValueType) -> None:
    """Refuse a threshold that could never be computed of values of `source_type`.

    Raises:
        InvalidInput: at `operator`, `thresholdValue`, `aggregationMode` or `countThreshold`.
    """
    if threshold.count_threshold is not None and threshold.aggregation is not Aggregation.COUNT:
        raise InvalidInput.at("countThreshold", message="countThreshold goes with aggregationMode COUNT only.")
    if threshold.count_threshold is not None and threshold.count_threshold < 1:
        raise InvalidInput.at("countThreshold", message="countThreshold is at least 1.")
    if threshold.aggregation in _AGGREGATES and Kind.of(source_type) is not Kind.NUMBER:
        message = f"{threshold.aggregation} needs numbers; the source is {Kind.of(source_type)}. Use EACH or COUNT."
        raise InvalidInput.at("aggregationMode", message=message)
    conditions.check(threshold.condition, source_type)


def evaluate(metric: DefinedMetric, threshold: Threshold, values: SourceValues) -> tuple[MetricValue, ...]:
    """Return whether a call's values meet the condition.

    EACH gives one value per value of the source, at its party and place, and passes on why one is absent. The others
    give one per party the source speaks of, over its values for places in the call, or over those of the whole call
    where it has no others. COUNT is true from `count_threshold` (1) values that meet the condition.
    """
    read = read_by(threshold.condition, values)
    if not read:
        role = None if metric.role is None else metric.role.role
        reason = f"The call has no value of {threshold.condition.source.definition_id}."
        return (derived_value(metric, Absence(ValueState.DATA_MISSING, reason), (), role=role),)
    if threshold.aggregation is Aggregation.EACH:
        return tuple(_each(metric, threshold, value) for value in read)
    by_role: dict[Role | None, list[SourceValue]] = {}
    for value in read:
        by_role.setdefault(value.role, []).append(value)
    return tuple(_together(metric, threshold, role, own) for role, own in by_role.items())


def _each(metric: DefinedMetric, threshold: Threshold, value: SourceValue) -> MetricValue:
    return derived_value(
        metric,
        absent((value,)) or _verdict(threshold.condition, value),
        (value,),
        role=value.role,
        place=value,
        reason=f"{value.slug} is {value.value}; the condition is {in_words(threshold.condition)}.",
        evidence=value.evidence,
        statistics={value.slug: value.value} if isinstance(value.value, int | float) else None,
        parameters=_parameters(threshold),
    )


def _together(
    metric: DefinedMetric, threshold: Threshold, role: Role | None, own: Sequence[SourceValue]
) -> MetricValue:
    whole = of_whole(own)
    measured = there(of_places(own) or whole)
    met = _met(threshold.condition, measured)
    is_count = threshold.aggregation is Aggregation.COUNT
    return derived_value(
        metric,
        _count(threshold, len(met), whole, measured) if is_count else _aggregate(threshold, whole, measured),
        measured or own,
        role=role,
        evidence=spans_of(met, lambda value: f"{value.slug} is {value.value}"),
        statistics={"met_count": len(met), "value_count": len(measured)},
        parameters=_parameters(threshold),
    )


def _count(
    threshold: Threshold, met_count: int, whole: Sequence[SourceValue], measured: Sequence[SourceValue]
) -> bool | Absence:
    """Return whether enough values meet the condition; no values at all are an answer only where the source has one."""
    if not measured:
        return absent(whole) or Absence(ValueState.NOT_APPLICABLE, NOTHING_TO_AGGREGATE)
    misfit = _misfit(threshold.condition, measured)
    return misfit or met_count >= (threshold.count_threshold or 1)


def _aggregate(threshold: Threshold, whole: Sequence[SourceValue], measured: Sequence[SourceValue]) -> bool | Absence:
    if not measured:
        return absent(whole) or Absence(ValueState.NOT_APPLICABLE, NOTHING_TO_AGGREGATE)
    numbers = [float(value.value) for value in measured if is_number(value.value)]
    if len(numbers) < len(measured):
        return Absence(ValueState.ERROR, f"{threshold.aggregation} needs numbers, the source has others.")
    return _held(threshold.condition, _AGGREGATES[threshold.aggregation](numbers))


def _met(condition: Condition, measured: Sequence[SourceValue]) -> list[SourceValue]:
    """Return the values that meet the condition; those it does not go with do not."""
    found: list[SourceValue] = []
    tests: dict[type, Callable[[Limit], bool] | None] = {}
    for value in measured:
        read = value.value
        if read is None:
            continue
        if type(read) not in tests:
            tests[type(read)] = _test(condition, Kind.of_value(read))
        test = tests[type(read)]
        if test is not None and test(read):
            found.append(value)
    return found


def _test(condition: Condition, kind: Kind) -> Callable[[Limit], bool] | None:
    try:
        return test_of(condition, kind)
    except UnfitLimit:
        return None


def _misfit(condition: Condition, measured: Sequence[SourceValue]) -> Absence | None:
    return next(
        (each for each in (_verdict(condition, value) for value in measured) if isinstance(each, Absence)), None
    )


def _verdict(condition: Condition, value: SourceValue) -> bool | Absence:
    if value.value is None:
        raise TypeError("a value that is absent neither meets nor fails a condition")
    return _held(condition, value.value)


def _held(condition: Condition, value: Limit) -> bool | Absence:
    try:
        return holds(condition, value)
    except UnfitLimit as error:
        return Absence(ValueState.ERROR, str(error))


def _parameters(threshold: Threshold) -> dict[str, float | int | str]:
    parameters: dict[str, float | int | str] = {
        "operator": threshold.condition.operator.value,
        "threshold_value": threshold.condition.threshold_value,
        "aggregation": threshold.aggregation.value,
    }
    if threshold.aggregation is Aggregation.COUNT:
        parameters["count_threshold"] = threshold.count_threshold or 1
    return parameters
