"""The end of data: what was deleted is removed, what has been kept long enough too."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.project_rules import ProjectRules
from callscope.storage import lifetimes, project_rules, traces
from callscope.storage.lifetimes import CallKey

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

SOME = 100


async def deleted_calls(session: "AsyncSession") -> list[CallKey]:
    """Return some of the deleted calls that are still there."""
    return await lifetimes.deleted_calls(session, limit=SOME)


async def remove_call(session: "AsyncSession", call_id: UUID) -> None:
    """Remove a deleted call from the database, with the traces that are its alone. Its objects must be gone before."""
    await traces.remove(session, await lifetimes.traces_of_call_alone(session, call_id))
    await lifetimes.remove_call(session, call_id)


async def rules_with_retention(session: "AsyncSession") -> dict[UUID, ProjectRules]:
    """Return the rules of the projects that do not keep everything."""
    return await project_rules.with_retention(session)


async def old_recordings(
    session: "AsyncSession", project_id: UUID, rules: ProjectRules, *, now: datetime
) -> dict[UUID, list[str]]:
    """Return object keys of some recordings past their time, by call."""
    if rules.recording_retention_days is None:
        return {}
    before = now - timedelta(days=rules.recording_retention_days)
    return await lifetimes.calls_with_old_recordings(session, project_id, created_before=before, limit=SOME)


async def remove_recordings(session: "AsyncSession", call_id: UUID, object_keys: list[str]) -> None:
    """Remove recordings from the database; their objects must be gone before."""
    await lifetimes.remove_recordings(session, call_id, object_keys)


async def remove_old_words(session: "AsyncSession", project_id: UUID, rules: ProjectRules, *, now: datetime) -> int:
    """Remove what was said in some calls past their time; return in how many."""
    if rules.transcript_retention_days is None:
        return 0
    before = now - timedelta(days=rules.transcript_retention_days)
    old = await lifetimes.calls_with_old_words(session, project_id, created_before=before, limit=SOME)
    for call_id in old:
        await lifetimes.remove_words(session, call_id)
    return len(old)


async def remove_old_traces(session: "AsyncSession", project_id: UUID, rules: ProjectRules, *, now: datetime) -> int:
    """Remove some traces of a project past their time; return how many."""
    if rules.trace_retention_days is None:
        return 0
    before = now - timedelta(days=rules.trace_retention_days)
    return await traces.expire(session, received_before=before, limit=SOME, project_id=project_id)
