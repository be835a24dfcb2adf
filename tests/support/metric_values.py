"""Reading a metric's values in tests."""

from collections.abc import Sequence

from callscope.core.call import Role
from callscope.core.metric import CallFacts, MetricContext, MetricValue
from callscope.metrics import registry
from callscope.metrics.runner import compute


def values_of(slug: str, facts: CallFacts) -> tuple[MetricValue, ...]:
    return compute(facts, (registry.get(slug),))


def call_value(slug: str, facts: CallFacts, role: Role | None = None) -> MetricValue:
    (value,) = [value for value in values_of(slug, facts) if value.context is MetricContext.CALL and value.role is role]
    return value


def spans(value: MetricValue) -> list[tuple[int, int]]:
    return [(span.start_offset_ms, span.end_offset_ms) for span in value.evidence]


def numbers(values: Sequence[MetricValue], role: Role, context: MetricContext) -> list[float | int | bool | str | None]:
    return [value.value for value in values if value.role is role and value.context is context]
