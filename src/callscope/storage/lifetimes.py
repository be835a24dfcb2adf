"""The end of data: calls that were deleted, and parts of calls that have been kept long enough."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Exists, and_, any_, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callscope.storage import call_words
from callscope.storage.analyses import FINAL, AnalysisRow
from callscope.storage.base import array_of
from callscope.storage.calls import CallRow
from callscope.storage.integration_messages import IntegrationMessageRow
from callscope.storage.recordings import RecordingRow
from callscope.storage.requests import IngestRequestRow
from callscope.storage.trace_links import TraceLinkRow
from callscope.storage.transcripts import TranscriptRow

CallKey = tuple[UUID, UUID]
"""A project's id and a call's."""


async def deleted_calls(session: AsyncSession, *, limit: int) -> list[CallKey]:
    """Return calls that were deleted and are still there, the longest deleted first."""
    query = select(CallRow.project_id, CallRow.id).where(CallRow.deleted_at.is_not(None))
    return [(row.project_id, row.id) for row in await session.execute(query.order_by(CallRow.deleted_at).limit(limit))]


async def remove_call(session: AsyncSession, call_id: UUID) -> None:
    """Delete a deleted call's row, and with it everything that refers to it."""
    statement = delete(CallRow).where(CallRow.id == call_id, CallRow.deleted_at.is_not(None))
    await session.execute(statement.execution_options(synchronize_session=False))


async def traces_of_call_alone(session: AsyncSession, call_id: UUID) -> list[tuple[UUID, bytes]]:
    """Return the traces that belong to a call and to no other that is kept."""
    other = TraceLinkRow.__table__.alias("other")
    is_kept = exists().where(
        other.c.project_id == TraceLinkRow.project_id,
        other.c.trace_id == TraceLinkRow.trace_id,
        other.c.call_id == CallRow.id,
        CallRow.deleted_at.is_(None),
    )
    query = select(TraceLinkRow.project_id, TraceLinkRow.trace_id).where(TraceLinkRow.call_id == call_id, ~is_kept)
    return [(row.project_id, row.trace_id) for row in await session.execute(query)]


async def calls_with_old_recordings(
    session: AsyncSession, project_id: UUID, *, created_before: datetime, limit: int
) -> dict[UUID, list[str]]:
    """Return calls whose recordings are past their time, with the recordings' object keys."""
    query = (
        select(RecordingRow.call_id, RecordingRow.object_key, RecordingRow.original)
        .join(CallRow, CallRow.id == RecordingRow.call_id)
        .where(*_of_old_recordings(project_id, created_before))
        .limit(limit)
    )
    found: dict[UUID, list[str]] = {}
    for row in await session.execute(query):
        original_keys = [] if row.original is None else [row.original["object_key"]]
        found.setdefault(row.call_id, []).extend((row.object_key, *original_keys))
    return found


async def count_old_recordings(session: AsyncSession, project_id: UUID, *, created_before: datetime) -> tuple[int, int]:
    """Return how many recordings are past their time, and their bytes."""
    query = select(func.count(), func.coalesce(func.sum(RecordingRow.size_bytes), 0)).select_from(RecordingRow)
    query = query.join(CallRow, CallRow.id == RecordingRow.call_id)
    count, size_bytes = (await session.execute(query.where(*_of_old_recordings(project_id, created_before)))).one()
    return int(count), int(size_bytes)


async def remove_recordings(session: AsyncSession, call_id: UUID, object_keys: Collection[str]) -> None:
    """Delete the rows of these recordings, with the waveforms drawn from them."""
    statement = delete(RecordingRow).where(
        RecordingRow.call_id == call_id, RecordingRow.object_key == any_(array_of(object_keys, str))
    )
    await session.execute(statement.execution_options(synchronize_session=False))


async def calls_with_old_words(
    session: AsyncSession, project_id: UUID, *, created_before: datetime, limit: int
) -> list[UUID]:
    """Return calls whose words are past their time."""
    query = select(CallRow.id).where(*_of_old_words(project_id, created_before)).limit(limit)
    return list((await session.execute(query)).scalars())


async def count_old_words(session: AsyncSession, project_id: UUID, *, created_before: datetime) -> int:
    """Return how many calls' words are past their time."""
    query = select(func.count()).select_from(CallRow).where(*_of_old_words(project_id, created_before))
    return int((await session.execute(query)).scalar_one())


async def count_deleted_calls(session: AsyncSession, project_id: UUID) -> int:
    """Return how many calls of a project were deleted and are still there."""
    query = select(func.count()).select_from(CallRow)
    query = query.where(CallRow.project_id == project_id, CallRow.deleted_at.is_not(None))
    return int((await session.execute(query)).scalar_one())


async def remove_words(session: AsyncSession, call_id: UUID) -> None:
    """Delete what was said in a call: transcripts, title, summary, search words, and the requests they came in."""
    for row in (TranscriptRow, IngestRequestRow, IntegrationMessageRow):
        statement = delete(row).where(row.call_id == call_id)
        await session.execute(statement.execution_options(synchronize_session=False))
    headless = update(CallRow).where(CallRow.id == call_id).values(title=None, summary=None)
    await session.execute(headless.execution_options(synchronize_session=False))
    await call_words.refresh(session, call_id)


def _of_old_recordings(project_id: UUID, created_before: datetime) -> tuple[ColumnElement[bool], ...]:
    return RecordingRow.project_id == project_id, CallRow.created_at < created_before, ~_is_under_analysis()


def _of_old_words(project_id: UUID, created_before: datetime) -> tuple[ColumnElement[bool], ...]:
    has_words = exists().where(TranscriptRow.call_id == CallRow.id)
    was_sent = exists().where(IngestRequestRow.call_id == CallRow.id)
    is_old = and_(CallRow.project_id == project_id, CallRow.created_at < created_before, CallRow.deleted_at.is_(None))
    return is_old, has_words | was_sent, ~_is_under_analysis()


def _is_under_analysis() -> Exists:
    return exists().where(and_(AnalysisRow.call_id == CallRow.id, AnalysisRow.status.not_in(FINAL)))
