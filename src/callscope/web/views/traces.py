"""The explorer of traces: the list with its filters, a trace, and one span of it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from callscope.core.page import Page
from callscope.core.trace import Attributes, AttributeValue, Span, SpanStatus
from callscope.core.trace_query import NS_PER_MS, MatchKey, TraceLink, TraceSummary, to_datetime
from callscope.traces.meaning import meaning_of
from callscope.web.formatting import span as length

Pairs = tuple[tuple[str, str], ...]

MATCHED_BY = {
    MatchKey.EXTERNAL_ID: "external id",
    MatchKey.LIVEKIT_ROOM: "LiveKit room",
    MatchKey.CONVERSATION: "conversation id",
    MatchKey.VAPI_CALL: "Vapi call id",
    MatchKey.TRACE_ID: "trace id",
    MatchKey.MANUAL: "by hand",
}
SHOWN_SERVICES = 3
MOST_TEXT = 20_000
"""Characters of one attribute that are shown; a request may hold a megabyte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """A call of a trace, and by what it was found."""

    call_id: str
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceRow:
    """A trace in the list."""

    trace_id: str
    name: str
    services: str
    started_at: datetime
    duration: str
    span_count: str
    error_count: int
    links: tuple[LinkRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceListPage:
    """The list. `tabs` are (label, address, whether it is the current one)."""

    rows: tuple[TraceRow, ...]
    total: str
    tabs: tuple[tuple[str, str, bool], ...]
    fields: Mapping[str, str]
    view: str
    problem: str
    next_href: str
    first_href: str
    is_filtered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TracePage:
    """One trace with its waterfall, whose spans are fetched from `spans_address`."""

    row: TraceRow
    spans_address: str
    facts: Pairs
    may_link: bool
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanEventRow:
    """A moment inside a span."""

    after: str
    name: str
    attributes: Pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanDetail:
    """One span whole."""

    name: str
    part: str
    status: str
    status_message: str
    facts: Pairs
    meaning: Pairs
    attributes: Pairs
    resource: Pairs
    events: tuple[SpanEventRow, ...]


VIEWS = (("all", "All"), ("errors", "With errors"), ("slow", "Slowest first"), ("unmatched", "Without a call"))
FIELDS = ("name", "service", "attribute", "value", "minimum_ms", "call")


def view_list(
    page: Page[TraceSummary], *, view: str, fields: Mapping[str, str], after: str | None, problem: str = ""
) -> TraceListPage:
    """Return the list as the template shows it; `fields` are the filters as they were typed."""
    return TraceListPage(
        rows=tuple(view_row(summary) for summary in page.items),
        total=f"{page.total:,}",
        tabs=tuple((label, list_address(name, fields), name == view) for name, label in VIEWS),
        fields=fields,
        view=view,
        problem=problem,
        next_href=list_address(view, fields, after=page.next_cursor) if page.next_cursor else "",
        first_href=list_address(view, fields) if after else "",
        is_filtered=any(fields.values()) or view != "all",
    )


def list_address(view: str, fields: Mapping[str, str], *, after: str | None = None) -> str:
    """Return the address of the list under these filters."""
    query = {"view": view if view != "all" else "", **fields, "after": after or ""}
    asked = {name: value for name, value in query.items() if value}
    return f"/traces?{urlencode(asked)}" if asked else "/traces"


def view_row(summary: TraceSummary) -> TraceRow:
    """Return a trace as the list shows it."""
    shown = ", ".join(summary.services[:SHOWN_SERVICES])
    further = len(summary.services) - SHOWN_SERVICES
    return TraceRow(
        trace_id=summary.trace_id,
        name=summary.root_name or "(no root span yet)",
        services=f"{shown} and {further} more" if further > 0 else shown,
        started_at=to_datetime(summary.start_unix_ns),
        duration=length(summary.duration_ns / NS_PER_MS),
        span_count=f"{summary.span_count:,}",
        error_count=summary.error_count,
        links=tuple(_link(link) for link in summary.links),
    )


def view_trace(summary: TraceSummary, *, may_link: bool, problem: str = "") -> TracePage:
    """Return the page of a trace."""
    row = view_row(summary)
    return TracePage(
        row=row,
        spans_address=f"/traces/{row.trace_id}/waterfall",
        facts=(
            ("Duration", row.duration),
            ("Spans", row.span_count),
            ("Errors", str(row.error_count)),
            ("Services", ", ".join(summary.services) or "none named"),
            ("Trace id", row.trace_id),
        ),
        may_link=may_link,
        problem=problem,
    )


def view_span(span: Span) -> SpanDetail:
    """Return a span as its details show it."""
    return SpanDetail(
        name=span.name,
        part="" if (meaning := meaning_of(span)) is None else meaning.part.value.replace("_", " "),
        status=span.status.value if span.status is not SpanStatus.UNSET else "",
        status_message=span.status_message,
        facts=(
            ("Duration", length(span.duration_ns / NS_PER_MS)),
            ("Started", f"{to_datetime(span.start_unix_ns):%H:%M:%S.%f}"[:-3] + " UTC"),
            ("Service", span.origin.service_name or "not named"),
            ("Library", f"{span.origin.scope_name} {span.origin.scope_version}".strip() or "not named"),
            ("Kind", span.kind.value.lower()),
            ("Span id", span.span_id),
        ),
        meaning=tuple(_meaning(span)),
        attributes=_pairs(span.attributes),
        resource=_pairs(span.origin.resource_attributes),
        events=tuple(
            SpanEventRow(
                after=length((event.at_unix_ns - span.start_unix_ns) / NS_PER_MS),
                name=event.name,
                attributes=_pairs(event.attributes),
            )
            for event in span.events
        ),
    )


def _link(link: TraceLink) -> LinkRow:
    how = MATCHED_BY[link.key]
    shown = f"{how} {link.value}" if link.value else how
    return LinkRow(call_id=str(link.call_id), how=f"{shown} ({link.attribute})" if link.attribute else shown)


def _meaning(span: Span) -> Iterator[tuple[str, str]]:
    meaning = meaning_of(span)
    if meaning is None:
        return
    if meaning.first_output_ms is not None:
        yield "First output after", length(meaning.first_output_ms)
    if meaning.reported_latency_ms is not None:
        yield "Reported latency", length(meaning.reported_latency_ms)
    for label, value in (
        ("Model", meaning.model),
        ("Provider", meaning.provider),
        ("Input tokens", meaning.input_tokens),
        ("Output tokens", meaning.output_tokens),
        ("Tool", meaning.tool_name),
    ):
        if value is not None:
            yield label, str(value)
    yield "Read by the names of", meaning.convention.value


def _pairs(attributes: Attributes) -> Pairs:
    return tuple((name, _shown(value)) for name, value in sorted(attributes.items()))


def _shown(value: AttributeValue) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) <= MOST_TEXT:
        return text
    return f"{text[:MOST_TEXT]}… ({len(text):,} characters; the API gives all of them)"
