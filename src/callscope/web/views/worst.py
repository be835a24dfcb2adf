"""The worst calls of a stretch of time, a few of each fault."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from callscope.core.call import Call
from callscope.core.call_figures import CallFigures, Worst
from callscope.core.fleet import FleetScope
from callscope.services import call_figures
from callscope.web.formatting import span
from callscope.web.views.call import who
from callscope.web.views.fleet import list_of
from callscope.web.views.strip import StripView, view_strip

if TYPE_CHECKING:
    from callscope.storage.engine import Session

SHOWN = 5
TITLES = {Worst.SLOWEST: "Slowest answers", Worst.BARGE_INS: "Failed barge-ins", Worst.TOOLS: "Failed tools"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstCall:
    """One call and how bad it is."""

    href: str
    started_at: datetime
    who: str
    fault: str
    strip: StripView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstList:
    """The worst calls by one fault; `href` leads to all of them."""

    title: str
    href: str
    calls: tuple[WorstCall, ...]


async def read_worst(session: "Session", scope: FleetScope) -> tuple[WorstList, ...]:
    """Return the worst calls of a scope by each fault."""
    return tuple([await _read(session, scope, worst, title) for worst, title in TITLES.items()])


async def _read(session: "Session", scope: FleetScope, worst: Worst, title: str) -> WorstList:
    address = list_of(scope).worst_first(worst)
    query = address.call_query(after=None, limit=SHOWN)
    calls = await call_figures.worst_calls_of(session, scope.project_id, query, worst)
    figures = await call_figures.of_calls(session, scope.project_id, [call.id for call in calls])
    return WorstList(
        title=title,
        href=address.href(),
        calls=tuple(_view(call, figures[call.id], worst) for call in calls if call.id in figures),
    )


def _view(call: Call, figures: CallFigures, worst: Worst) -> WorstCall:
    fault = {
        Worst.SLOWEST: span(figures.response_p95_ms or 0),
        Worst.BARGE_INS: f"{figures.failed_barge_in_count} of {figures.barge_in_count}",
        Worst.TOOLS: f"{figures.failed_tool_count} of {figures.tool_count}",
    }[worst]
    return WorstCall(
        href=f"/calls/{call.id}",
        started_at=call.started_at,
        who=who(call),
        fault=fault,
        strip=view_strip(figures),
    )
