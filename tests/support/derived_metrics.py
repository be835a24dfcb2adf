"""Definitions of derived metrics and values of their sources, built by hand."""

from dataclasses import replace
from uuid import UUID

from callscope.core.call import Role
from callscope.core.metric import MetricContext, MetricScope, MetricValue, ValueState, ValueType
from callscope.core.metric_definition import (
    Calculation,
    Comparison,
    Condition,
    DefinedMetric,
    GradedContext,
    MetricSource,
    ParticipantRole,
)
from tests.support.conversations import segment

A, B, C = (MetricSource(definition_id=UUID(int=number)) for number in (1, 2, 3))


def ref(source: MetricSource) -> str:
    return f"{{{{id:{source.definition_id}}}}}"


def defined(
    calculation: Calculation, value_type: ValueType = ValueType.NUMERIC, *, role: ParticipantRole | None = None
) -> DefinedMetric:
    return DefinedMetric(
        id=UUID(int=99),
        slug="derived",
        name="Derived",
        description="For tests.",
        is_system=False,
        value_type=value_type,
        unit=None,
        scope=MetricScope.GLOBAL if role is None else MetricScope.PER_PARTICIPANT,
        role=role,
        contexts=(GradedContext.CALL,),
        calculation=calculation,
        variant_id=UUID(int=98),
        version_id=UUID(int=97),
        version=4,
    )


def condition(
    operator: Comparison, limit: str, source: MetricSource = A, role: ParticipantRole | None = None
) -> Condition:
    return Condition(source=source, operator=operator, threshold_value=limit, role=role)


def whole(
    value: float | bool | str, role: Role | None = None, *, slug: str = "source", confidence: float = 1.0
) -> MetricValue:
    return MetricValue(
        slug=slug,
        version=1,
        role=role,
        context=MetricContext.CALL,
        state=ValueState.SUCCESS,
        value=value,
        confidence=confidence,
        reason=None,
    )


def at(
    start_ms: int, end_ms: int, value: float | bool | str, role: Role = Role.AGENT, *, slug: str = "source"
) -> MetricValue:
    place = (segment(role, start_ms, end_ms),)
    return replace(whole(value, role, slug=slug), context=MetricContext.SEGMENT, segments=place)


def without(state: ValueState, reason: str = "Nobody spoke.", *, slug: str = "source") -> MetricValue:
    return replace(whole(0, slug=slug), state=state, value=None, confidence=None, reason=reason)
