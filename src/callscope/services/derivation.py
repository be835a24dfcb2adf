"""Derived metrics of every kind, evaluated by what each computes."""

from collections.abc import Sequence

from callscope.core.metric import MetricValue
from callscope.core.metric_definition import DefinedMetric, Formula, Pattern, Tally, Threshold
from callscope.metrics.derived import formula, pattern, tally, threshold
from callscope.metrics.derived.sourcing import SourceValues


def derive(metric: DefinedMetric, values: SourceValues, turn_starts_ms: Sequence[int] = ()) -> tuple[MetricValue, ...]:
    """Return what a derived metric says of a call, from the values of its sources.

    `turn_starts_ms` is needed by patterns whose windows are counted in segments.
    """
    match metric.calculation:
        case Formula() as calculation:
            return (formula.evaluate(metric, calculation, values),)
        case Threshold() as calculation:
            return threshold.evaluate(metric, calculation, values)
        case Pattern() as calculation:
            return (pattern.evaluate(metric, calculation, values, turn_starts_ms),)
        case Tally() as calculation:
            return (tally.evaluate(metric, calculation, values),)
    raise TypeError(f"{metric.slug} is not derived from other metrics")
