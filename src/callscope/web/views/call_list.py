"""The list of calls: one row per call, every cell ready to show, every value a way to filter by it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from callscope.core.call import Call, CallStatus
from callscope.core.call_figures import CallFigures, Worst
from callscope.core.metric_definition import DefinedMetric
from callscope.web.call_listing import CallListing, ListedCall
from callscope.web.formatting import call_count, clock, constant_words, duration, moment_link, span
from callscope.web.list_address import PATH, ListAddress
from callscope.web.views.analysis import AnalysisView, view_analysis
from callscope.web.views.call import plain_property, who
from callscope.web.views.cells import Cell, view_metric_cells
from callscope.web.views.columns import Column, file_choice
from callscope.web.views.conditions import Condition, view_conditions
from callscope.web.views.highlight import Piece, marked
from callscope.web.views.strip import StripView, view_strip
from callscope.web.views.timeline import gap_size, gap_words

PROPERTIES_SHOWN = 3
TABS = (
    (None, "Newest"),
    (Worst.SLOWEST, "Slowest answers"),
    (Worst.BARGE_INS, "Failed barge-ins"),
    (Worst.TOOLS, "Failed tools"),
    (Worst.QUALITY, "Worst sound"),
    (Worst.ERRORS, "Broken down"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Where the words that were searched for stand; `href` leads to the moment, None when nobody spoke them."""

    pieces: tuple[Piece, ...]
    at: str | None
    href: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """One call of the list; `cells` has the content of each column by its id."""

    id: str
    href: str
    title: str | None
    who: str
    started_at: datetime
    strip: StripView | None
    cells: dict[str, tuple[Cell, ...]]
    analysis: AnalysisView
    hit: Hit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRow:
    """A call under way."""

    id: str
    who: str
    started_at: datetime
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A column's heading; `href` orders by it, `order` is what `aria-sort` says."""

    column: Column
    href: str | None
    order: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallListPage:
    """One page of the list."""

    rows: tuple[CallRow, ...]
    live: tuple[LiveRow, ...]
    total: int
    total_words: str
    headings: tuple[Heading, ...]
    tabs: tuple[tuple[str, str, bool], ...]
    conditions: tuple[Condition, ...]
    search: str
    query: str
    order_words: str
    first_href: str | None
    next_href: str | None
    own_href: str
    saved: tuple[tuple[str, str, str], ...]
    files: tuple[tuple[str, str], ...]
    is_untouched: bool
    has_open_analysis: bool


def view_listing(
    listing: CallListing,
    address: ListAddress,
    *,
    after: str | None,
    columns: Sequence[Column],
    metrics: Mapping[str, DefinedMetric],
) -> CallListPage:
    """Return a page of the list in those columns; `metrics` are the project's by slug."""
    rows = tuple(_view_row(listed, address, columns, listing.search_text) for listed in listing.calls)
    return CallListPage(
        rows=rows,
        live=view_live(listing.live),
        total=listing.total,
        total_words=call_count(listing.total, is_counted_out=listing.is_counted_out),
        headings=tuple(_heading(column, address) for column in columns),
        tabs=tuple((label, address.worst_first(worst).href(), address.worst is worst) for worst, label in TABS),
        conditions=view_conditions(address, listing.agents, metrics),
        search=next((value for name, value in address.pairs if name == "searchText"), ""),
        query=address.query,
        order_words=_order_words(address),
        first_href=address.href() if after is not None else None,
        next_href=address.href(after=listing.next_cursor) if listing.next_cursor else None,
        own_href=address.href(after=after),
        saved=tuple((str(one.id), one.name, f"{PATH}?{one.query}") for one in listing.saved),
        files=_files(address, columns),
        is_untouched=not address.pairs and address.worst is None and after is None,
        has_open_analysis=any(row.analysis.is_open for row in rows),
    )


def _files(address: ListAddress, columns: Sequence[Column]) -> tuple[tuple[str, str], ...]:
    """Return label and address of each file of the list: the columns shown stand in those of tables."""
    chosen = urlencode([("column", id_) for id_ in file_choice(columns)], safe=":")
    table, whole = [address.query, chosen], [address.query]
    forms = (("CSV", "csv", table), ("JSON Lines", "jsonl", whole), ("Parquet", "parquet", table))
    return tuple(
        (label, f"{PATH}/export/{form}{'?' if any(parts) else ''}{'&'.join(filter(None, parts))}")
        for label, form, parts in forms
    )


def _order_words(address: ListAddress) -> str:
    if address.worst is not None:
        return f"{dict(TABS)[address.worst].lower()} first"
    if address.sort_by == "startedAt":
        return "newest first" if address.is_descending else "oldest first"
    words = {"duration": ("longest first", "shortest first")}.get(address.sort_by)
    by_name = (f"by {address.sort_by}, downwards", f"by {address.sort_by}, upwards")
    return (words or by_name)[0 if address.is_descending else 1]


def _heading(column: Column, address: ListAddress) -> Heading:
    if column.sort_by is None:
        return Heading(column=column, href=None, order=None)
    is_current = address.worst is None and address.sort_by is column.sort_by
    order = ("descending" if address.is_descending else "ascending") if is_current else None
    return Heading(column=column, href=address.sorted_by(column.sort_by).href(), order=order)


def view_live(running: Sequence[Call]) -> tuple[LiveRow, ...]:
    """Return the calls under way."""
    return tuple(_view_live(call) for call in running)


def _view_live(call: Call) -> LiveRow:
    status = "Ringing" if call.status is CallStatus.RINGING else "Live"
    return LiveRow(id=str(call.id), who=who(call), started_at=call.started_at, status=status)


def _view_row(listed: ListedCall, address: ListAddress, columns: Sequence[Column], search_text: str | None) -> CallRow:
    call = listed.call
    back = f"?from={quote(address.query)}" if address.query else ""
    href = f"{PATH}/{call.id}{back}"
    return CallRow(
        id=str(call.id),
        href=href,
        title=call.title,
        who=who(call),
        started_at=call.started_at,
        strip=view_strip(listed.figures),
        cells={column.id: _cells(column, listed, address) for column in columns},
        analysis=view_analysis(listed.analysis),
        hit=_hit(listed, search_text, href) if search_text else None,
    )


def _hit(listed: ListedCall, search_text: str, href: str) -> Hit | None:
    for text in (listed.call.title, listed.call.summary):
        if text and (pieces := marked(text, search_text)):
            return Hit(pieces=pieces, at=None, href=None)
    entry = listed.hit
    if entry is None or not (pieces := marked(entry.text, search_text)):
        return None
    return Hit(pieces=pieces, at=clock(entry.marker_ms, decimals=0), href=href + moment_link(entry.marker_ms))


def _cells(column: Column, listed: ListedCall, address: ListAddress) -> tuple[Cell, ...]:
    call, figures = listed.call, listed.figures
    if column.metric is not None:
        return view_metric_cells(column.metric, listed.values, listed.analysis, address)
    if column.id == "properties":
        return _property_cells(call, address)
    if column.id == "agent":
        return tuple(
            Cell(shown=agent.name, href=address.with_pair("agentId", str(agent.id)).href()) for agent in call.agents
        )
    if column.id == "customer":
        return _customer_cells(call, address)
    single = {
        "length": lambda: _length(call.duration_ms),
        "response": lambda: _response(figures),
        "barge_ins": lambda: _share(figures, "failed_barge_in_count", "barge_in_count"),
        "tools": lambda: _share(figures, "failed_tool_count", "tool_count"),
        "ended": lambda: _constant(call.ended_status, "endedStatus", address),
        "direction": lambda: _constant(call.direction, "callDirection", address),
        "interface": lambda: _constant(call.interface_type, "interfaceType", address),
        "source": lambda: Cell(shown=call.source, href=address.with_pair("source", call.source).href()),
        "external_id": lambda: Cell(shown=call.external_id or ""),
    }.get(column.id)
    return (single(),) if single else ()


def _constant(value: str | None, name: str, address: ListAddress) -> Cell:
    if value is None:
        return Cell(shown="", note="not known")
    return Cell(shown=constant_words(value), href=address.with_pair(name, value).href())


def _customer_cells(call: Call, address: ListAddress) -> tuple[Cell, ...]:
    return tuple(
        Cell(
            shown=one.phone_number_e164,
            href=address.with_pair("customerPhoneNumber", one.phone_number_e164).href(),
        )
        if one.phone_number_e164
        else Cell(shown=one.label or "web visitor")
        for one in call.customers
    )


def _property_cells(call: Call, address: ListAddress) -> tuple[Cell, ...]:
    shown = sorted(call.properties.items())
    cells = [
        Cell(
            shown=plain_property(value),
            note=name,
            href=None
            if isinstance(value, dict | list)
            else address.with_pair(f"properties[{name}]", plain_property(value)).href(),
        )
        for name, value in shown[:PROPERTIES_SHOWN]
    ]
    return (
        (*cells, Cell(shown="", note=f"+{len(shown) - PROPERTIES_SHOWN}"))
        if len(shown) > PROPERTIES_SHOWN
        else tuple(cells)
    )


def _length(duration_ms: int | None) -> Cell:
    return Cell(shown="", note="unknown") if duration_ms is None else Cell(shown=duration(duration_ms))


def _response(figures: CallFigures | None) -> Cell:
    if figures is None:
        return Cell(shown="", note="not yet")
    p95_ms = figures.response_p95_ms
    if p95_ms is None:
        return Cell(shown="", note="no answer")
    return Cell(shown=span(p95_ms), tone=gap_size(p95_ms), meaning=gap_words(p95_ms))


def _share(figures: CallFigures | None, part: str, whole: str) -> Cell:
    """Return a count of failures among all, red when there is any."""
    if figures is None:
        return Cell(shown="", note="not yet")
    failed, total = getattr(figures, part), getattr(figures, whole)
    if failed is None:
        return Cell(shown="", note="cannot be told")
    if not total:
        return Cell(shown="", note="none")
    return Cell(shown=f"{failed} of {total}", tone="severe" if failed else "")
