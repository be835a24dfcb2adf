"""THRESHOLD metrics: whether a source meets a condition, value by value or all of its values together."""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

from callscope.core.call import Role
from callscope.core.errors import InvalidInput
from callscope.core.metric import MetricContext, MetricValue, ValueState, ValueType
from callscope.core.metric_definition import Aggregation, Condition, DefinedMetric, Threshold
from callscope.metrics.derived import condition as conditions
from callscope.metrics.derived.condition import Limit, UnfitLimit, holds, in_words, is_number, test_of
from callscope.metrics.derived.expression import Kind
from callscope.metrics.derived.sourcing import (
    Absence,
    SourceValues,
    absent,
    derived_value,
    of_places,
    read_by,
    span_of,
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
    by_role: dict[Role | None, list[MetricValue]] = {}
    for value in read:
        by_role.setdefault(value.role, []).append(value)
    return tuple(_together(metric, threshold, role, own) for role, own in by_role.items())


def _each(metric: DefinedMetric, threshold: Threshold, value: MetricValue) -> MetricValue:
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
    metric: DefinedMetric, threshold: Threshold, role: Role | None, own: Sequence[MetricValue]
) -> MetricValue:
    whole = [value for value in own if value.context is MetricContext.CALL]
    measured = [value for value in of_places(own) or whole if value.state is ValueState.SUCCESS]
    met = _met(threshold.condition, measured)
    is_count = threshold.aggregation is Aggregation.COUNT
    return derived_value(
        metric,
        _count(threshold, len(met), whole, measured) if is_count else _aggregate(threshold, whole, measured),
        measured or own,
        role=role,
        evidence=tuple(span_of(value, f"{value.slug} is {value.value}") for value in met if value.segments),
        statistics={"met_count": len(met), "value_count": len(measured)},
        parameters=_parameters(threshold),
    )


def _count(
    threshold: Threshold, met_count: int, whole: Sequence[MetricValue], measured: Sequence[MetricValue]
) -> bool | Absence:
    """Return whether enough values meet the condition; no values at all are an answer only where the source has one."""
    if not measured:
        return absent(whole) or Absence(ValueState.NOT_APPLICABLE, NOTHING_TO_AGGREGATE)
    misfit = _misfit(threshold.condition, measured)
    return misfit or met_count >= (threshold.count_threshold or 1)


def _aggregate(threshold: Threshold, whole: Sequence[MetricValue], measured: Sequence[MetricValue]) -> bool | Absence:
    if not measured:
        return absent(whole) or Absence(ValueState.NOT_APPLICABLE, NOTHING_TO_AGGREGATE)
    numbers = [float(value.value) for value in measured if is_number(value.value)]
    if len(numbers) < len(measured):
        return Absence(ValueState.ERROR, f"{threshold.aggregation} needs numbers, the source has others.")
    return _held(threshold.condition, _AGGREGATES[threshold.aggregation](numbers))


def _met(condition: Condition, measured: Sequence[MetricValue]) -> list[MetricValue]:
    """Return the values that meet the condition; those it does not go with do not."""
    found: list[MetricValue] = []
    tests: dict[Kind, Callable[[Limit], bool] | None] = {}
    for value in measured:
        if value.value is None:
            continue
        kind = Kind.of_value(value.value)
        if kind not in tests:
            tests[kind] = _test(condition, kind)
        test = tests[kind]
        if test is not None and test(value.value):
            found.append(value)
    return found


def _test(condition: Condition, kind: Kind) -> Callable[[Limit], bool] | None:
    try:
        return test_of(condition, kind)
    except UnfitLimit:
        return None


def _misfit(condition: Condition, measured: Sequence[MetricValue]) -> Absence | None:
    return next(
        (each for each in (_verdict(condition, value) for value in measured) if isinstance(each, Absence)), None
    )


def _verdict(condition: Condition, value: MetricValue) -> bool | Absence:
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
