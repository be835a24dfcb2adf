"""Figures, charts and tables of many calls, each leading to the calls behind it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from callscope.core.call_figures import Worst
from callscope.core.fleet import FleetBucket, FleetFigures, FleetScope
from callscope.web.formatting import span
from callscope.web.list_address import ListAddress
from callscope.web.views.metrics import Figure
from callscope.web.views.timeline import DEFAULT_SLOW_MS

NOTICEABLE_CHANGE = 0.02

Measure = Callable[[FleetFigures], float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One series of a chart. `colour` names a token; `is_earlier` draws it dashed, `is_bar` as columns."""

    label: str
    colour: str
    buckets: Sequence[FleetBucket]
    measure: Measure
    is_bar: bool = False
    is_earlier: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartRow:
    """The figures of one part of the time; `href` leads to its calls."""

    since: datetime
    href: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A drawing, as the script's document, and the same as a table; `note` tells what is compared."""

    id: str
    title: str
    note: str
    document: dict[str, Any]
    headings: tuple[str, ...]
    rows: tuple[ChartRow, ...]


def view_figures(now: FleetFigures, before: FleetFigures, scope: FleetScope, before_words: str) -> tuple[Figure, ...]:
    """Return the headline figures, each with what it was before and leading to the calls behind it."""
    return tuple(_figure(one, now, before, scope, before_words) for one in MEASUREMENTS)


def list_of(scope: FleetScope) -> ListAddress:
    """Return the address of the list of a scope's calls."""
    pairs = [("startedAfter", _iso(scope.since)), ("startedBefore", _iso(scope.until))]
    pairs += [("agentId", str(scope.agent_id))] if scope.agent_id else []
    return ListAddress(pairs=tuple(pairs))


def view_charts(
    scope: FleetScope, buckets: Sequence[FleetBucket], compared: Sequence[FleetBucket], compared_words: str
) -> tuple[Chart, ...]:
    """Return the charts of a scope: how long agents took to answer and how many calls there were, then and compared."""
    responses = (
        Line(label="p50", colour="agent", buckets=buckets, measure=p50),
        Line(label="p95", colour="gap-slow", buckets=buckets, measure=p95),
        Line(label="p95 compared", colour="ink-soft", buckets=compared, measure=p95, is_earlier=True),
    )
    calls = (
        Line(label="Calls", colour="customer", buckets=buckets, measure=volume, is_bar=True),
        Line(label="Calls compared", colour="ink-soft", buckets=compared, measure=volume, is_earlier=True),
    )
    note = f"compared with {compared_words}, dashed"
    return (
        _chart("Response time of the agent", note, scope, responses, unit="ms", show=_wait),
        _chart("Calls", note, scope, calls, unit="", show=_count),
    )


def p50(figures: FleetFigures) -> float | None:
    """Return the median response time."""
    return figures.response_p50_ms


def p95(figures: FleetFigures) -> float | None:
    """Return the 95th percentile of response times."""
    return figures.response_p95_ms


def volume(figures: FleetFigures) -> float | None:
    """Return the number of calls."""
    return float(figures.call_count)


def _chart(
    title: str, note: str, scope: FleetScope, lines: Sequence[Line], *, unit: str, show: Callable[[float | None], str]
) -> Chart:
    times = lines[0].buckets
    return Chart(
        id=title.partition(" ")[0].lower(),
        title=title,
        note=note,
        document={
            "unit": unit,
            "times_s": [round(bucket.since.timestamp()) for bucket in times],
            "series": [
                {
                    "label": line.label,
                    "colour": line.colour,
                    "is_bar": line.is_bar,
                    "is_earlier": line.is_earlier,
                    "values": [_rounded(line.measure(bucket.figures)) for bucket in line.buckets],
                }
                for line in lines
            ],
        },
        headings=tuple(line.label for line in lines),
        rows=tuple(
            ChartRow(
                since=bucket.since,
                href=_bucket_href(scope, bucket),
                cells=tuple(show(line.measure(line.buckets[at].figures)) for line in lines),
            )
            for at, bucket in reversed(list(enumerate(times)))
        ),
    )


def _bucket_href(scope: FleetScope, bucket: FleetBucket) -> str:
    address = list_of(scope).with_pair("startedAfter", _iso(bucket.since))
    return address.with_pair("startedBefore", _iso(bucket.since + bucket.length)).href()


def _figure(
    one: "_Measurement", now: FleetFigures, before: FleetFigures, scope: FleetScope, before_words: str
) -> Figure:
    value, earlier = one.measure(now), one.measure(before)
    counts = one.counts(now)
    trend = "" if earlier is None else _trend(value, earlier, one.show, before_words)
    return Figure(
        label=one.label,
        shown=one.show(value),
        detail=", ".join(part for part in (counts, trend) if part),
        href=list_of(scope).worst_first(one.worst).href() if now.call_count else None,
        tone="absent" if value is None else one.tone(now),
    )


def _trend(value: float | None, earlier: float, show: Callable[[float | None], str], before_words: str) -> str:
    if value is None or abs(value - earlier) <= NOTICEABLE_CHANGE * max(abs(value), abs(earlier)):
        return f"{show(earlier)} {before_words}"
    return f"{'↑' if value > earlier else '↓'} from {show(earlier)} {before_words}"


def _count(value: float | None) -> str:
    return "none" if value is None else f"{value:,.0f}"


def _wait(value: float | None) -> str:
    return "none" if value is None else span(value)


def _share(value: float | None) -> str:
    return "none" if value is None else f"{value:.1%}"


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measurement:
    """What one headline figure measures. `worst` is the order of the list it leads to, None for the newest first."""

    label: str
    measure: Measure
    show: Callable[[float | None], str]
    worst: Worst | None = None
    counts: Callable[[FleetFigures], str] = lambda _: ""
    tone: Callable[[FleetFigures], str] = lambda _: ""


MEASUREMENTS = (
    _Measurement(label="Calls", measure=volume, show=_count),
    _Measurement(label="Response p50", measure=p50, show=_wait),
    _Measurement(
        label="Response p95",
        measure=p95,
        show=_wait,
        worst=Worst.SLOWEST,
        tone=lambda now: "warn" if (now.response_p95_ms or 0) >= DEFAULT_SLOW_MS else "",
    ),
    _Measurement(
        label="Barge-ins failed",
        measure=lambda one: _ratio(one.failed_barge_in_count, one.barge_in_count),
        show=_share,
        worst=Worst.BARGE_INS,
        counts=lambda now: f"{now.failed_barge_in_count} of {now.barge_in_count}",
    ),
    _Measurement(
        label="Tools failed",
        measure=lambda one: _ratio(one.failed_tool_count, one.tool_count),
        show=_share,
        worst=Worst.TOOLS,
        counts=lambda now: f"{now.failed_tool_count} of {now.tool_count}",
    ),
    _Measurement(
        label="Broken down",
        measure=lambda one: _ratio(one.error_count, one.call_count),
        show=_share,
        worst=Worst.ERRORS,
        counts=lambda now: f"{now.error_count} of {now.call_count}",
        tone=lambda now: "bad" if now.error_count else "",
    ),
)
"""The headline figures, in their order."""
