"""Tool invocations that arrive after their call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.call import ToolInvocation
from callscope.core.errors import InvalidInput, Issue
from callscope.core.new_call import NewToolInvocation
from callscope.services import call_figures, tool_metrics
from callscope.services.calls import get_call, lock_call
from callscope.services.ingest import to_tools
from callscope.storage import calls, tools

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """How many invocations were new, and how many the call had already."""

    added_count: int
    skipped_count: int


async def append_tool_invocations(
    session: "AsyncSession", project_id: UUID, call_id: UUID, sent: Sequence[NewToolInvocation], *, now: datetime
) -> Appended:
    """Add invocations to a call; those of the same name and offsets as one it has are left out.

    So a request may be repeated, and of two at once the second waits for the first. Raises CallNotFound, InvalidInput.
    """
    await lock_call(session, project_id, call_id)
    issues: list[Issue] = []
    invocations = to_tools(sent, (await get_call(session, project_id, call_id)).agents, issues)
    if issues:
        raise InvalidInput(issues)
    present = {_identity(each) for each in await tools.of_call(session, call_id)}
    new: dict[tuple[str, int, int | None], ToolInvocation] = {}
    for each in invocations:
        if _identity(each) not in present:
            new.setdefault(_identity(each), each)
    if new:
        await tools.add(session, call_id, list(new.values()))
        await call_figures.refresh(session, project_id, call_id)
        await calls.touch(session, call_id, at=now)
        await tool_metrics.queue_measuring(session, project_id, call_id)
    return Appended(added_count=len(new), skipped_count=len(invocations) - len(new))


def _identity(invocation: ToolInvocation) -> tuple[str, int, int | None]:
    return invocation.name, invocation.start_offset_ms, invocation.end_offset_ms
