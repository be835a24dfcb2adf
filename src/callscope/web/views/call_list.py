"""The list of calls: one row per call, every cell ready to show."""

from dataclasses import dataclass
from datetime import datetime

from callscope.core.metric import MetricValue
from callscope.web.formatting import constant_words, duration, span, state_words
from callscope.web.reader import CallListing, ListedCall
from callscope.web.views.analysis import AnalysisView, view_analysis
from callscope.web.views.call import plain_property, who
from callscope.web.views.metrics import find_value, response_p95_ms
from callscope.web.views.timeline import gap_size, gap_words

PROPERTIES_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A figure in a row; `note` tells in words why it is absent or what its colour says."""

    shown: str
    note: str
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """One call of the list."""

    id: str
    title: str | None
    started_at: datetime
    who: str
    direction: str
    interface: str
    length: Cell
    response: Cell
    barge_ins: Cell
    analysis: AnalysisView
    properties: tuple[tuple[str, str], ...]
    hidden_property_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallListPage:
    """One page of the list."""

    rows: tuple[CallRow, ...]
    total: int
    search: str
    next_cursor: str | None
    is_first_page: bool
    has_open_analysis: bool


def view_listing(listing: CallListing, *, search: str, after: str | None) -> CallListPage:
    """Return a page of the list."""
    rows = tuple(_view_row(listed) for listed in listing.calls)
    return CallListPage(
        rows=rows,
        total=listing.total,
        search=search,
        next_cursor=listing.next_cursor,
        is_first_page=after is None,
        has_open_analysis=any(row.analysis.is_open for row in rows),
    )


def _view_row(listed: ListedCall) -> CallRow:
    call = listed.call
    properties = [(name, plain_property(value)) for name, value in sorted(call.properties.items())]
    return CallRow(
        id=str(call.id),
        title=call.title,
        started_at=call.started_at,
        who=who(call),
        direction=constant_words(call.direction),
        interface=constant_words(call.interface_type),
        length=_length(call.duration_ms),
        response=_response(listed.values),
        barge_ins=_barge_ins(listed.values),
        analysis=view_analysis(listed.analysis),
        properties=tuple(properties[:PROPERTIES_SHOWN]),
        hidden_property_count=max(0, len(properties) - PROPERTIES_SHOWN),
    )


def _length(duration_ms: int | None) -> Cell:
    return Cell(shown="", note="length unknown") if duration_ms is None else Cell(shown=duration(duration_ms), note="")


def _response(values: tuple[MetricValue, ...]) -> Cell:
    p95_ms = response_p95_ms(values)
    if p95_ms is not None:
        return Cell(shown=span(p95_ms), note=gap_words(p95_ms), tone=gap_size(p95_ms))
    found = next((value for value in values if value.slug == "response_time" and value.role == "agent"), None)
    return Cell(shown="", note=_absence(found))


def _barge_ins(values: tuple[MetricValue, ...]) -> Cell:
    value = find_value(values, "failed_barge_in_count")
    if value is None or not isinstance(value.value, int | float):
        return Cell(shown="", note=_absence(value))
    total = value.statistics.get("denominator")
    shown = f"{value.value:g}" if not total else f"{value.value:g} of {total:g}"
    return Cell(shown=shown, note="failed" if value.value else "", tone="severe" if value.value else "")


def _absence(value: MetricValue | None) -> str:
    return "not computed yet" if value is None else value.reason or state_words(value)
