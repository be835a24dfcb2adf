"""The end of data: what was deleted is removed, what has been kept long enough too."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.jobs import SWEEP_MINUTE, JobName
from callscope.core.kept_data import KeptData, NextSweep
from callscope.core.project_rules import ProjectRules
from callscope.storage import jobs, kept_data, lifetimes, project_rules, traces
from callscope.storage.lifetimes import CallKey

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

SOME = 100
SWEEPS = (JobName.REMOVE_DELETED_CALLS, JobName.APPLY_RETENTION, JobName.EXPIRE_TRACES)


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


async def kept_of_project(session: "AsyncSession", project_id: UUID) -> KeptData:
    """Return how much of a project is kept."""
    return await kept_data.of_project(session, project_id)


async def kept_of_every_project(session: "AsyncSession") -> tuple[KeptData, ...]:
    """Return how much of each project is kept, by their names."""
    return await kept_data.of_every_project(session)


async def next_sweep(
    session: "AsyncSession", project_id: UUID, rules: ProjectRules, *, longest_trace_days: float, now: datetime
) -> NextSweep:
    """Return what a sweep would remove of a project now; `longest_trace_days` is the whole installation's rule."""
    recording_count, recording_bytes, wordless_count = 0, 0, 0
    if rules.recording_retention_days is not None:
        before = now - timedelta(days=rules.recording_retention_days)
        counted = await lifetimes.count_old_recordings(session, project_id, created_before=before)
        recording_count, recording_bytes = counted
    if rules.transcript_retention_days is not None:
        before = now - timedelta(days=rules.transcript_retention_days)
        wordless_count = await lifetimes.count_old_words(session, project_id, created_before=before)
    trace_days = min(longest_trace_days, rules.trace_retention_days or longest_trace_days)
    return NextSweep(
        at=_next_sweep_at(now),
        recording_count=recording_count,
        recording_bytes=recording_bytes,
        wordless_call_count=wordless_count,
        trace_count=await traces.count_expired(session, project_id, received_before=now - timedelta(days=trace_days)),
        deleted_call_count=await lifetimes.count_deleted_calls(session, project_id),
    )


async def sweep_now(session: "AsyncSession", *, now: datetime) -> None:
    """Queue what the clock would queue within the hour, unless it waits already: of all projects, by their rules."""
    for name in SWEEPS:
        if not await jobs.is_waiting(session, name):
            await jobs.defer(session, name, args={"timestamp": int(now.timestamp())})


def _next_sweep_at(now: datetime) -> datetime:
    at = now.replace(minute=SWEEP_MINUTE, second=0, microsecond=0)
    return at if at > now else at + timedelta(hours=1)
