"""What derived metrics read: the values of their sources, and what follows where one of them has none."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from callscope.core.call import Role
from callscope.core.conversation import Segment
from callscope.core.metric import EvidenceSpan, MetricContext, MetricValue, ValueState
from callscope.core.metric_definition import Condition, DefinedMetric, MetricSource


class SourceValue(Protocol):
    """What is read of one value of a source, be it just computed or read from where it is stored."""

    @property
    def slug(self) -> str:
        """The metric."""

    @property
    def version(self) -> int:
        """Of its definition."""

    @property
    def role(self) -> Role | None:
        """Whom it speaks of."""

    @property
    def context(self) -> MetricContext:
        """What it speaks of."""

    @property
    def state(self) -> ValueState:
        """Whether it is there."""

    @property
    def value(self) -> float | int | bool | str | None:
        """None unless the state is SUCCESS."""

    @property
    def confidence(self) -> float | None:
        """From 0 to 1."""

    @property
    def reason(self) -> str | None:
        """Why it is absent, or how it came about."""

    @property
    def segments(self) -> tuple[Segment, ...]:
        """What it is anchored to."""

    @property
    def extent_ms(self) -> tuple[int, int] | None:
        """From the start of its first segment to the end of its last, None without segments."""

    @property
    def evidence(self) -> tuple[EvidenceSpan, ...]:
        """What made it what it is, as far as that was read."""


SourceValues = Mapping[MetricSource, Sequence[SourceValue]]
"""Every value that one call has of each source."""

# Looked up by name once: an enumeration's members take their time to be found, and every value is asked.
_AGENT, _CUSTOMER = Role.AGENT, Role.CUSTOMER
_CALL = MetricContext.CALL
_SUCCESS = ValueState.SUCCESS
_GRAVITY = (ValueState.NOT_APPLICABLE, ValueState.DATA_MISSING, ValueState.ERROR)
"""Of several sources without a value the gravest decides."""


@dataclass(frozen=True, slots=True)
class Absence:
    """Why a derived value is not there."""

    state: ValueState
    reason: str


def absent(values: Sequence[SourceValue]) -> Absence | None:
    """Return why a derived metric has no value when these are what it needs; None when each of them is there."""
    lacking = [value for value in values if value.state is not _SUCCESS]
    if not lacking:
        return None
    gravest = max(lacking, key=lambda value: _GRAVITY.index(value.state))
    return Absence(gravest.state, f"{gravest.slug} has no value: {gravest.reason}")


def of_call(values: Iterable[SourceValue], role: Role | None) -> SourceValue | None:
    """Return the value that speaks of the call as a whole.

    Of a metric per party it is that of `role`; where no role is named, the agent's, else the customer's.
    """
    by_role = {value.role: value for value in values if value.context is _CALL}
    if role in by_role:
        return by_role[role]
    if role is not None:
        return by_role.get(None)
    return by_role.get(_AGENT) or by_role.get(_CUSTOMER)


def read_by(condition: Condition, values: SourceValues) -> list[SourceValue]:
    """Return the values of a condition's source that it reads: all, or those of its party and of no party."""
    found = values.get(condition.source, ())
    return [value for value in found if condition.role is None or value.role in (None, condition.role.role)]


def of_places(values: Iterable[SourceValue]) -> list[SourceValue]:
    """Return the values that speak of a place in the call."""
    return [value for value in values if value.context is not _CALL]


def of_whole(values: Iterable[SourceValue]) -> list[SourceValue]:
    """Return the values that speak of the whole call."""
    return [value for value in values if value.context is _CALL]


def there(values: Iterable[SourceValue]) -> list[SourceValue]:
    """Return the values that are there."""
    return [value for value in values if value.state is _SUCCESS]


def derived_value(
    metric: DefinedMetric,
    outcome: float | bool | str | Absence,
    sources: Sequence[SourceValue],
    *,
    role: Role | None,
    place: SourceValue | None = None,
    reason: str | None = None,
    evidence: tuple[EvidenceSpan, ...] = (),
    statistics: Mapping[str, float | int | None] | None = None,
    parameters: Mapping[str, float | int | str] | None = None,
) -> MetricValue:
    """Return a value of a derived metric, as sure as the least sure of `sources`.

    It speaks of the place that the value `place` speaks of, else of the whole call.
    """
    is_absent = isinstance(outcome, Absence)
    origins = dict.fromkeys([(each.slug, each.version) for each in sources])
    return MetricValue(
        slug=metric.slug,
        version=metric.version,
        role=role,
        context=_CALL if place is None else place.context,
        state=outcome.state if isinstance(outcome, Absence) else _SUCCESS,
        value=None if isinstance(outcome, Absence) else outcome,
        confidence=None if is_absent else min([each.confidence or 0.0 for each in sources], default=1.0),
        reason=outcome.reason if isinstance(outcome, Absence) else reason,
        segments=() if place is None else place.segments,
        evidence=evidence,
        statistics=statistics or {},
        method="derived from " + ", ".join([f"{slug} {version}" for slug, version in origins]),
        parameters=parameters or {},
    )


def spans_of(values: Iterable[SourceValue], tell: Callable[[SourceValue], str]) -> tuple[EvidenceSpan, ...]:
    """Return the places of the values that have one, as evidence; `tell` gives the reason."""
    return tuple(
        [
            EvidenceSpan(start_offset_ms=extent[0], end_offset_ms=extent[1], role=value.role, reason=tell(value))
            for value in values
            if (extent := value.extent_ms) is not None
        ]
    )
