"""Agents: all of them side by side, and one over time, against its past, another agent or another prompt."""

from dataclasses import dataclass, replace
from uuid import UUID

from fastapi import APIRouter, Request, Response

from callscope.core.errors import InvalidInput
from callscope.core.fleet import FleetScope
from callscope.services import agent_catalogue, fleet
from callscope.web.page_route import PageRoute
from callscope.web.pages import PagesDependency, SignedIn, show
from callscope.web.views.agents import (
    AgentPage,
    AgentRow,
    compare_options,
    view_agent_rows,
    view_outcomes,
    view_versions,
)
from callscope.web.views.fleet import MEASUREMENTS, list_of, view_charts, view_figures
from callscope.web.views.period import PERIODS, Period, find_period, scope_before, scope_until

router = APIRouter(route_class=PageRoute, include_in_schema=False)

BEFORE = "before"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentsPage:
    """All agents that had calls."""

    period: Period
    tabs: tuple[tuple[str, str, bool], ...]
    measurements: tuple[str, ...]
    rows: tuple[AgentRow, ...]


@router.get("/agents")
async def list_agents(request: Request, pages: PagesDependency, visitor: SignedIn, period: str = "") -> Response:
    """Show every agent's figures."""
    chosen, now = find_period(period), pages.clock.now()
    scope = scope_until(chosen, FleetScope(project_id=visitor.project_id, since=now, until=now), now)
    async with pages.reads() as session:
        found = await fleet.by_agent(session, scope)
    page = AgentsPage(
        period=chosen,
        tabs=tuple((one.label, f"/agents?period={one.id}", one is chosen) for one in PERIODS),
        measurements=tuple(one.label for one in MEASUREMENTS),
        rows=view_agent_rows(found, chosen),
    )
    return show(request, "agents.html", page=page)


@router.get("/agents/{agent_id}")
async def show_agent(  # noqa: PLR0917 - what the address may say
    request: Request,
    pages: PagesDependency,
    visitor: SignedIn,
    agent_id: UUID,
    period: str = "week",
    version: UUID | None = None,
    against: str = BEFORE,
) -> Response:
    """Show one agent over time, of all its calls or those of one version of its prompt."""
    chosen, now = find_period(period), pages.clock.now()
    own = FleetScope(project_id=visitor.project_id, since=now, until=now, agent_id=agent_id, prompt_version_id=version)
    scope = scope_until(chosen, own, now)
    everybody = replace(scope, agent_id=None, prompt_version_id=None)
    async with pages.reads() as session:
        agent = await agent_catalogue.get_agent(session, visitor.project_id, agent_id)
        agents = await fleet.by_agent(session, everybody)
        versions = await fleet.by_prompt_version(session, replace(scope, prompt_version_id=None), agent_id)
        options = compare_options(chosen, agents, versions, str(agent_id))
        other = _compared_scope(chosen, scope, against)
        totals, buckets = await fleet.series(session, scope, bucket_count=chosen.bucket_count)
        totals_before, compared = await fleet.series(session, other, bucket_count=chosen.bucket_count)
        ends = await fleet.ends(session, scope)
    against_words = dict(options).get(against, against)
    agent_href = f"/agents/{agent_id}?period={chosen.id}"
    page = AgentPage(
        id=str(agent_id),
        name=agent.name,
        note=_note(version, [(str(one.version_id), f"prompt {one.number} only") for one in versions]),
        period=chosen,
        tabs=tuple((one.label, f"/agents/{agent_id}?period={one.id}", one is chosen) for one in PERIODS),
        figures=view_figures(totals, totals_before, scope, against_words),
        charts=view_charts(scope, buckets, compared, against_words),
        outcomes=view_outcomes(ends, scope),
        versions=view_versions(versions, agent_href),
        measurements=tuple(one.label for one in MEASUREMENTS),
        against=against,
        options=options,
        list_href=list_of(scope).href(),
    )
    return show(request, "agent.html", page=page)


def _note(version: UUID | None, labels: list[tuple[str, str]]) -> str:
    return "" if version is None else dict(labels).get(str(version), "")


def _compared_scope(period: Period, scope: FleetScope, against: str) -> FleetScope:
    """Return what the scope is drawn against. Raises InvalidInput."""
    kind, _, name = against.partition(":")
    try:
        if kind == "agent":
            return replace(scope, agent_id=UUID(name), prompt_version_id=None)
        if kind == "version":
            return replace(scope, prompt_version_id=UUID(name))
    except ValueError as error:
        raise InvalidInput.at("against", message="`against` must name an agent or a version by its id.") from error
    if against != BEFORE:
        raise InvalidInput.at("against", message="`against` must be before, agent:<id> or version:<id>.")
    return scope_before(period, scope)
