"""What derived metrics read: the values of their sources, and what follows where one of them has none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from callscope.core.call import Role
from callscope.core.metric import EvidenceSpan, MetricContext, MetricValue, ValueState
from callscope.core.metric_definition import Condition, DefinedMetric, MetricSource

SourceValues = Mapping[MetricSource, Sequence[MetricValue]]
"""Every value that one call has of each source."""

_GRAVITY = (ValueState.NOT_APPLICABLE, ValueState.DATA_MISSING, ValueState.ERROR)
"""Of several sources without a value the gravest decides."""


@dataclass(frozen=True, slots=True)
class Absence:
    """Why a derived value is not there."""

    state: ValueState
    reason: str


def absent(values: Sequence[MetricValue]) -> Absence | None:
    """Return why a derived metric has no value when these are what it needs; None when each of them is there."""
    gravest = max(
        (value for value in values if value.state is not ValueState.SUCCESS),
        key=lambda value: _GRAVITY.index(value.state),
        default=None,
    )
    return None if gravest is None else Absence(gravest.state, f"{gravest.slug} has no value: {gravest.reason}")


def of_call(values: Iterable[MetricValue], role: Role | None) -> MetricValue | None:
    """Return the value that speaks of the call as a whole.

    Of a metric per party it is that of `role`; where no role is named, the agent's, else the customer's.
    """
    by_role = {value.role: value for value in values if value.context is MetricContext.CALL}
    wanted = (role,) if role in by_role else (None, Role.AGENT, Role.CUSTOMER) if role is None else (None,)
    return next((by_role[each] for each in wanted if each in by_role), None)


def read_by(condition: Condition, values: SourceValues) -> list[MetricValue]:
    """Return the values of a condition's source that it reads: all, or those of its party and of no party."""
    found = values.get(condition.source, ())
    return [value for value in found if condition.role is None or value.role in (None, condition.role.role)]


def of_places(values: Iterable[MetricValue]) -> list[MetricValue]:
    """Return the values that speak of a place in the call."""
    return [value for value in values if value.context is not MetricContext.CALL]


def derived_value(
    metric: DefinedMetric,
    outcome: float | bool | str | Absence,
    sources: Sequence[MetricValue],
    *,
    role: Role | None,
    place: MetricValue | None = None,
    reason: str | None = None,
    evidence: tuple[EvidenceSpan, ...] = (),
    statistics: Mapping[str, float | int | None] | None = None,
    parameters: Mapping[str, float | int | str] | None = None,
) -> MetricValue:
    """Return a value of a derived metric, as sure as the least sure of `sources`.

    It speaks of the place that the value `place` speaks of, else of the whole call.
    """
    is_absent = isinstance(outcome, Absence)
    return MetricValue(
        slug=metric.slug,
        version=metric.version,
        role=role,
        context=MetricContext.CALL if place is None else place.context,
        state=outcome.state if isinstance(outcome, Absence) else ValueState.SUCCESS,
        value=None if isinstance(outcome, Absence) else outcome,
        confidence=None if is_absent else min((each.confidence or 0.0 for each in sources), default=1.0),
        reason=outcome.reason if isinstance(outcome, Absence) else reason,
        segments=() if place is None else place.segments,
        evidence=evidence,
        statistics=statistics or {},
        method="derived from " + ", ".join(dict.fromkeys(f"{each.slug} {each.version}" for each in sources)),
        parameters=parameters or {},
    )


def span_of(value: MetricValue, reason: str) -> EvidenceSpan:
    """Return the place of a value that has one, as evidence."""
    return EvidenceSpan(
        start_offset_ms=value.segments[0].start_offset_ms,
        end_offset_ms=value.segments[-1].end_offset_ms,
        role=value.role,
        reason=reason,
    )
