"""Calls as readers see them."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.call import Call, ToolInvocation
from callscope.core.call_query import CallQuery
from callscope.core.errors import CallNotFound
from callscope.core.page import Page
from callscope.services import analyses
from callscope.storage import call_figures, call_list, calls, tools

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


async def get_call(session: "AsyncSession", project_id: UUID, call_id: UUID) -> Call:
    """Return the call. Raises CallNotFound for one that is unknown, deleted or another project's."""
    call = await calls.get(session, project_id, call_id)
    if call is None:
        raise _not_found(call_id)
    return call


async def list_calls(session: "AsyncSession", project_id: UUID, query: CallQuery) -> Page[Call]:
    """Return one page of the project's calls. Raises InvalidInput for a cursor of another list or order."""
    return await call_list.list_page(session, project_id, query)


async def count_calls(session: "AsyncSession", project_id: UUID, query: CallQuery, *, limit: int) -> int:
    """Return how many calls a query asks for, `limit` for that many or more."""
    return await call_list.count(session, project_id, query, limit=limit)


async def neighbours_in(
    session: "AsyncSession", project_id: UUID, query: CallQuery, call: Call
) -> tuple[UUID | None, UUID | None]:
    """Return the ids of the calls before and after one in a list ordered by something every call has."""
    return await call_list.neighbours(session, project_id, query, call)


async def list_live(session: "AsyncSession", project_id: UUID, *, limit: int) -> tuple[Call, ...]:
    """Return the calls under way, the one begun last first."""
    return await calls.live(session, project_id, limit=limit)


async def list_tool_invocations(
    session: "AsyncSession",
    project_id: UUID,
    call_id: UUID,
    *,
    since_ms: int | None = None,
    until_ms: int | None = None,
    limit: int | None = None,
) -> tuple[ToolInvocation, ...]:
    """Return the tool invocations of a call by their start: all, or those that start from `since_ms` to `until_ms`.

    Raises CallNotFound.
    """
    await require_call(session, project_id, call_id)
    return await tools.of_call(session, call_id, since_ms=since_ms, until_ms=until_ms, limit=limit)


async def count_tool_invocations(session: "AsyncSession", project_id: UUID, call_id: UUID) -> int:
    """Return how many tool invocations a call has. Raises CallNotFound."""
    await require_call(session, project_id, call_id)
    return await tools.count_of_call(session, call_id)


async def require_call(session: "AsyncSession", project_id: UUID, call_id: UUID) -> None:
    """Raise CallNotFound unless the project has that call."""
    if not await calls.exists_visible(session, project_id, call_id):
        raise _not_found(call_id)


async def delete_call(session: "AsyncSession", project_id: UUID, call_id: UUID, *, now: datetime) -> None:
    """Hide the call from every read and cancel what is still running on it. Raises CallNotFound."""
    if not await delete_calls(session, project_id, [call_id], now=now):
        raise _not_found(call_id)


async def delete_calls(
    session: "AsyncSession", project_id: UUID, call_ids: Collection[UUID], *, now: datetime
) -> set[UUID]:
    """Delete those of the calls that the project has, and return their ids."""
    deleted = await calls.hide(session, project_id, call_ids, at=now)
    await call_figures.remove(session, deleted)
    await analyses.cancel(session, project_id=project_id, call_ids=deleted, at=now)
    return deleted


async def lock_call(session: "AsyncSession", project_id: UUID, call_id: UUID) -> None:
    """Keep others from changing the call until the transaction ends. Raises CallNotFound."""
    if not await calls.lock(session, project_id, call_id):
        raise _not_found(call_id)


def _not_found(call_id: UUID) -> CallNotFound:
    return CallNotFound(f"There is no call {call_id} in this project.", param="callId")
