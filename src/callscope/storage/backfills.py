"""Stored calls to score anew, newest first."""

from collections.abc import AsyncIterator, Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, any_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callscope.core.call import Call
from callscope.storage.base import array_of
from callscope.storage.calls import CallRow, load, visible
from callscope.storage.transcripts import TranscriptEntryRow, TranscriptRow


async def newest_calls(
    session: AsyncSession,
    project_id: UUID,
    *,
    started_from: datetime | None,
    started_before: datetime | None,
    limit: int,
) -> tuple[UUID, ...]:
    """Return the ids of the newest calls of a project by their start, within a stretch of time."""
    query = (
        select(CallRow.id)
        .where(*visible(project_id), *_within(started_from, started_before))
        .order_by(CallRow.started_at.desc(), CallRow.id.desc())
        .limit(limit)
    )
    return tuple((await session.execute(query)).scalars())


async def read_newest(
    session: AsyncSession,
    project_id: UUID,
    *,
    started_from: datetime | None,
    started_before: datetime | None,
    step: int,
) -> AsyncIterator[tuple[Call, ...]]:
    """Yield the calls of a project, newest first by their start, `step` at a time."""
    place: tuple[datetime, UUID] | None = None
    while True:
        query = (
            select(CallRow)
            .where(*visible(project_id), *_within(started_from, started_before))
            .order_by(CallRow.started_at.desc(), CallRow.id.desc())
            .limit(step)
        )
        if place is not None:
            started_at, call_id = place
            query = query.where(
                (CallRow.started_at < started_at) | ((CallRow.started_at == started_at) & (CallRow.id < call_id))
            )
        calls = await load(session, query)
        if not calls:
            return
        yield calls
        place = (calls[-1].started_at, calls[-1].id)


async def mean_transcript_chars(session: AsyncSession, call_ids: Collection[UUID]) -> int:
    """Return how many characters the transcripts of these calls have on average, 0 where none has one."""
    size = func.sum(func.length(TranscriptEntryRow.text))
    sizes = (
        select(size.label("size"))
        .join(TranscriptRow, TranscriptRow.id == TranscriptEntryRow.transcript_id)
        .where(TranscriptRow.call_id == any_(array_of(call_ids, UUID)))
        .group_by(TranscriptRow.id)
        .subquery()
    )
    mean = (await session.execute(select(func.avg(sizes.c.size)))).scalar_one()
    return 0 if mean is None else int(mean)


def _within(started_from: datetime | None, started_before: datetime | None) -> list[ColumnElement[bool]]:
    bounds = []
    if started_from is not None:
        bounds.append(CallRow.started_at >= started_from)
    if started_before is not None:
        bounds.append(CallRow.started_at < started_before)
    return bounds
