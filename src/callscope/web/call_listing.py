"""Reads a page of the list of calls with everything its rows show, in a fixed number of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.agent import Agent
from callscope.core.analysis import Analysis
from callscope.core.call import Call
from callscope.core.call_figures import CallFigures
from callscope.core.metric import MetricValue
from callscope.core.page import MAX_PAGE_LIMIT, Page, PageRequest
from callscope.core.saved_view import SavedFilter
from callscope.core.transcript import TranscriptEntry
from callscope.services import agent_catalogue, analyses, call_figures, calls, saved_filters, transcripts
from callscope.web.list_address import ListAddress

if TYPE_CHECKING:
    from callscope.storage.engine import Session

CALLS_PER_PAGE = 50
LIVE_LIMIT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCall:
    """A call of the list. `values` are those of the metrics chosen as columns, `hit` where its words were found."""

    call: Call
    analysis: Analysis | None
    figures: CallFigures | None
    values: tuple[MetricValue, ...]
    hit: TranscriptEntry | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallListing:
    """One page of the list; `next_cursor` None on the last. `live` are calls under way, on the first page only."""

    calls: tuple[ListedCall, ...]
    live: tuple[Call, ...]
    next_cursor: str | None
    total: int
    is_counted_out: bool
    search_text: str | None
    saved: tuple[SavedFilter, ...]
    agents: tuple[Agent, ...]


async def read_listing(
    session: "Session", project_id: UUID, address: ListAddress, *, after: str | None, slugs: Sequence[str]
) -> CallListing:
    """Return a page of the list, with the calls' values of the metrics named by `slugs`. Raises InvalidInput."""
    query = address.call_query(after=after, limit=CALLS_PER_PAGE)
    page = await read_page(session, project_id, address, after=after, limit=CALLS_PER_PAGE)
    call_ids = [call.id for call in page.items]
    states = await analyses.latest_of_calls(session, project_id, call_ids)
    figures = await call_figures.of_calls(session, project_id, call_ids)
    values = await _values(session, project_id, call_ids, slugs)
    hits = await transcripts.first_hits(session, call_ids, query.search_text or "")
    agents = await agent_catalogue.list_agents(session, project_id, PageRequest(limit=MAX_PAGE_LIMIT), search_text=None)
    return CallListing(
        calls=tuple(
            ListedCall(
                call=call,
                analysis=states.get(call.id),
                figures=figures.get(call.id),
                values=values.get(call.id, ()),
                hit=hits.get(call.id),
            )
            for call in page.items
        ),
        live=await calls.list_live(session, project_id, limit=LIVE_LIMIT) if after is None else (),
        next_cursor=page.next_cursor,
        total=page.total,
        is_counted_out=page.is_counted_out,
        search_text=query.search_text,
        saved=await saved_filters.list_all(session, project_id),
        agents=agents.items,
    )


async def read_page(
    session: "Session", project_id: UUID, address: ListAddress, *, after: str | None, limit: int
) -> Page[Call]:
    """Return a page of the calls an address asks for, in its order. Raises InvalidInput."""
    query = address.call_query(after=after, limit=limit)
    if address.worst is not None:
        return await call_figures.list_worst(session, project_id, query, address.worst)
    return await calls.list_calls(session, project_id, query)


async def count_listed(session: "Session", project_id: UUID, address: ListAddress, *, limit: int) -> int:
    """Return how many calls an address asks for, `limit` for that many or more. Raises InvalidInput."""
    query = address.call_query(after=None, limit=1)
    if address.worst is not None:
        return await call_figures.count_worst(session, project_id, query, address.worst, limit=limit)
    return await calls.count_calls(session, project_id, query, limit=limit)


async def _values(
    session: "Session", project_id: UUID, call_ids: Sequence[UUID], slugs: Sequence[str]
) -> Mapping[UUID, tuple[MetricValue, ...]]:
    if not slugs:
        return {}
    return await analyses.read_values_of_calls(session, project_id, call_ids, slugs=slugs, evidence_limit=1)
