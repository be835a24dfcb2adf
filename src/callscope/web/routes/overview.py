"""The project at a glance: its last day, week or month against the one before."""

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from callscope.core.fleet import FleetScope
from callscope.services import fleet
from callscope.web.page_route import PageRoute
from callscope.web.pages import PagesDependency, SignedIn, show
from callscope.web.views.fleet import Chart, view_charts, view_figures
from callscope.web.views.metrics import Figure
from callscope.web.views.period import PERIODS, Period, find_period, scope_before, scope_until
from callscope.web.views.worst import WorstList, read_worst

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewPage:
    """Everything on the page."""

    period: Period
    tabs: tuple[tuple[str, str, bool], ...]
    figures: tuple[Figure, ...]
    charts: tuple[Chart, ...]
    worst: tuple[WorstList, ...]
    call_count: int


@router.get("/overview")
async def show_overview(request: Request, pages: PagesDependency, visitor: SignedIn, period: str = "") -> Response:
    """Show the project's figures, charts and worst calls."""
    chosen, now = find_period(period), pages.clock.now()
    scope = scope_until(chosen, FleetScope(project_id=visitor.project_id, since=now, until=now), now)
    before = scope_before(chosen, scope)
    async with pages.reads() as session:
        totals, buckets = await fleet.series(session, scope, bucket_count=chosen.bucket_count)
        totals_before, earlier = await fleet.series(session, before, bucket_count=chosen.bucket_count)
        worst = await read_worst(session, scope)
    page = OverviewPage(
        period=chosen,
        tabs=tuple((one.label, f"/overview?period={one.id}", one is chosen) for one in PERIODS),
        figures=view_figures(totals, totals_before, scope, chosen.before),
        charts=view_charts(scope, buckets, earlier, chosen.before),
        worst=worst,
        call_count=totals.call_count,
    )
    return show(request, "overview.html", page=page)
