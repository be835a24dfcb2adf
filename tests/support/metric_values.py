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


def event_values(slug: str, facts: CallFacts, role: Role | None = None) -> list[MetricValue]:
    """The values that speak of places in the call."""
    return [value for value in values_of(slug, facts) if value.segments and value.role is role]


def places(values: Sequence[MetricValue]) -> list[tuple[tuple[int, int], ...]]:
    return [tuple((one.start_offset_ms, one.end_offset_ms) for one in value.segments) for value in values]


def spans(value: MetricValue) -> list[tuple[int, int]]:
    return [(span.start_offset_ms, span.end_offset_ms) for span in value.evidence]


def numbers(values: Sequence[MetricValue], role: Role, context: MetricContext) -> list[float | int | bool | str | None]:
    return [value.value for value in values if value.role is role and value.context is context]
