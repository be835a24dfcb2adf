"""Metric values grouped by family, with everything a reader needs to trust or to doubt them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from callscope.core.call import Role
from callscope.core.metric import MetricValue, Unit
from callscope.core.metric_definition import DefinedMetric
from callscope.metrics import registry
from callscope.web.formatting import (
    clock,
    constant_words,
    moment_link,
    parameters_line,
    quantity,
    span,
    state_words,
    statistic,
)
from callscope.web.reader import EVIDENCE_LIMIT

OWN_FAMILY = "your own"
FAMILY_ORDER = (OWN_FAMILY, "timing", "turn_taking", "response_parts", "pace", "content", "sentiment", "tools")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceView:
    """A stretch of the call that made the value what it is; `href` seeks to it."""

    at: str
    href: str
    length: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueView:
    """One value, of the call or of one party. `shown` is the value or the word for its absence."""

    party: str | None
    shown: str
    is_present: bool
    state: str
    reason: str | None
    confidence: str | None
    statistics: tuple[tuple[str, str], ...]
    evidence: tuple[EvidenceView, ...]
    has_more_evidence: bool
    method: str
    version: int
    parameters: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricView:
    """One metric with its values."""

    slug: str
    name: str
    description: str
    values: tuple[ValueView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricGroup:
    """The metrics of one family."""

    name: str
    metrics: tuple[MetricView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """What is said of a metric beside its values."""

    name: str
    description: str = ""
    family: str = "no longer installed"
    unit: Unit | None = None


def view_metrics(values: Iterable[MetricValue], own: Iterable[DefinedMetric] = ()) -> tuple[MetricGroup, ...]:
    """Return the values of the call as a whole, grouped by family in a fixed order; `own` are the project's metrics."""
    heads = {
        one.slug: _Head(name=one.name, description=one.description, family=one.family, unit=one.unit)
        for one in registry.definitions()
    }
    heads |= {one.slug: _Head(name=one.name, description=one.description, family=OWN_FAMILY) for one in own}
    by_slug: dict[str, list[MetricValue]] = {}
    for value in values:
        by_slug.setdefault(value.slug, []).append(value)
    found = []
    for slug, of_metric in by_slug.items():
        head = heads.get(slug, _Head(name=slug))
        found.append((head.family, _view_metric(slug, head, of_metric)))
    found.sort(key=lambda pair: (_family_rank(pair[0]), pair[0], pair[1].name))
    return tuple(
        MetricGroup(name=constant_words(family), metrics=tuple(view for _, view in members))
        for family, members in groupby(found, key=lambda pair: pair[0])
    )


def _family_rank(family: str) -> int:
    return FAMILY_ORDER.index(family) if family in FAMILY_ORDER else len(FAMILY_ORDER)


def _view_metric(slug: str, head: _Head, values: Sequence[MetricValue]) -> MetricView:
    ordered = sorted(values, key=lambda value: (value.role is not None, value.role is Role.CUSTOMER))
    return MetricView(
        slug=slug,
        name=head.name,
        description=head.description,
        values=tuple(view_value(value, head.unit) for value in ordered),
    )


def view_value(value: MetricValue, unit: Unit | None) -> ValueView:
    """Return one value ready to show."""
    is_present = value.value is not None
    return ValueView(
        party=value.role.value.capitalize() if value.role else None,
        shown=quantity(value.value, unit) if value.value is not None else state_words(value),
        is_present=is_present,
        state=value.state.value,
        reason=value.reason,
        confidence=None if value.confidence is None else f"{value.confidence:.0%}",
        statistics=tuple(
            (name.replace("_", " "), statistic(name, number, unit)) for name, number in value.statistics.items()
        ),
        evidence=tuple(
            EvidenceView(
                at=clock(one.start_offset_ms),
                href=moment_link(one.start_offset_ms),
                length=span(one.end_offset_ms - one.start_offset_ms),
                reason=one.reason,
            )
            for one in value.evidence[: EVIDENCE_LIMIT - 1]
        ),
        has_more_evidence=len(value.evidence) >= EVIDENCE_LIMIT,
        method=value.method,
        version=value.version,
        parameters=parameters_line(value.parameters),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A headline number: what it is, how much, on what it rests, and where a click goes."""

    label: str
    shown: str
    detail: str = ""
    href: str | None = None
    tone: str = ""


def find_value(values: Iterable[MetricValue], slug: str, role: Role | None = None) -> MetricValue | None:
    """Return the call's value of a metric for a party (None: for the call), None when it was not computed."""
    return next((value for value in values if value.slug == slug and value.role is role), None)


def response_p95_ms(values: Iterable[MetricValue]) -> int | None:
    """Return the agent's 95th-percentile response time, None when it has none."""
    value = find_value(values, "response_time", Role.AGENT)
    number = value.statistics.get("p95") if value else None
    return None if number is None else round(number)


def figures(values: Sequence[MetricValue], *, slow_ms: int) -> tuple[Figure, ...]:
    """Return the headline numbers of a call page, in a fixed order, absent ones with their reason."""
    return (
        _response_figure(values, slow_ms),
        _barge_in_figure(values),
        _plain_figure(values, "longest_pause", "Longest silence"),
        _plain_figure(values, "overtalk_ratio", "Overlap"),
        _plain_figure(values, "missed_response_count", "Missed responses"),
    )


def _response_figure(values: Sequence[MetricValue], slow_ms: int) -> Figure:
    p95_ms = response_p95_ms(values)
    value = find_value(values, "response_time", Role.AGENT)
    if value is None or p95_ms is None:
        return _absent("Agent response p95", value)
    median_ms, slowest_ms, count = (value.statistics.get(name) or 0 for name in ("p50", "max", "count"))
    detail = f"p50 {span(median_ms)}, slowest {span(slowest_ms)}, {count:g} {'answer' if count == 1 else 'answers'}"
    return Figure(
        label="Agent response p95",
        shown=span(p95_ms),
        detail=detail,
        href=_evidence_href(value),
        tone="warn" if p95_ms >= slow_ms else "",
    )


def _barge_in_figure(values: Sequence[MetricValue]) -> Figure:
    value = find_value(values, "failed_barge_in_count")
    if value is None or value.value is None:
        return _absent("Barge-ins failed", value)
    total = value.statistics.get("denominator")
    return Figure(
        label="Barge-ins failed",
        shown=f"{value.value:g}" if isinstance(value.value, int | float) else str(value.value),
        detail="" if total is None else f"of {total:g} by the customer",
        href=_evidence_href(value),
        tone="bad" if value.value else "",
    )


def _plain_figure(values: Sequence[MetricValue], slug: str, label: str) -> Figure:
    value = find_value(values, slug) or find_value(values, slug, Role.AGENT)
    if value is None or value.value is None:
        return _absent(label, value)
    unit = registry.get(slug).unit
    shown = quantity(value.value, unit if unit is not None and unit.symbol in {"ms", "ratio"} else None)
    party = "by the agent" if value.role is Role.AGENT else ""
    return Figure(label=label, shown=shown, detail=party, href=_evidence_href(value))


def _absent(label: str, value: MetricValue | None) -> Figure:
    if value is None:
        return Figure(label=label, shown="not yet", detail="not computed so far", href=None, tone="absent")
    detail = value.reason or state_words(value)
    shown = state_words(value) or "none"
    return Figure(label=label, shown=shown, detail=detail, href=None, tone="absent")


def _evidence_href(value: MetricValue) -> str | None:
    return moment_link(value.evidence[0].start_offset_ms - 1000) if value.evidence else None
