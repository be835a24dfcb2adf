"""Tallies: how many of another metric's verdicts on single events are the one that counts."""

from collections.abc import Sequence

from callscope.core.metric import MetricValue, ValueState
from callscope.core.metric_definition import DefinedMetric, Tally
from callscope.metrics.derived.sourcing import (
    Absence,
    SourceValue,
    SourceValues,
    absent,
    derived_value,
    of_places,
    spans_of,
    there,
)
from callscope.metrics.statistics import MINIMUM_EVENTS_FOR_RATE


def evaluate(metric: DefinedMetric, tally: Tally, values: SourceValues) -> MetricValue:
    """Return how many of the source's verdicts count, or (`is_rate`) their share of all verdicts.

    No verdict at all is a count of 0 where the source itself says that there was nothing to judge; it is no rate.
    """
    found = values.get(tally.source, ())
    verdicts = there(of_places(found))
    counted = [value for value in verdicts if value.value is tally.counts_when]
    outcome: float | Absence = len(counted) if verdicts else _without_verdicts(tally, found)
    if tally.is_rate and not isinstance(outcome, Absence):
        outcome = _rate(len(counted), len(verdicts))
    return derived_value(
        metric,
        outcome,
        verdicts,
        role=None if metric.role is None else metric.role.role,
        evidence=spans_of(counted, lambda value: value.reason or f"{value.slug} is {value.value}"),
        statistics={"numerator": len(counted), "denominator": len(verdicts)},
        parameters={"counts_when": str(tally.counts_when).lower()},
    )


def _without_verdicts(tally: Tally, found: Sequence[SourceValue]) -> int | Absence:
    if not found:
        return Absence(ValueState.DATA_MISSING, f"The call has no value of {tally.source_slug}.")
    lack = absent(found)
    return 0 if lack is None or lack.state is ValueState.NOT_APPLICABLE else lack


def _rate(numerator: int, denominator: int) -> float | Absence:
    if denominator < MINIMUM_EVENTS_FOR_RATE:
        reason = f"{numerator} of {denominator}: fewer than {MINIMUM_EVENTS_FOR_RATE} events make no rate."
        return Absence(ValueState.NOT_APPLICABLE, reason)
    return numerator / denominator
