"""Recordings: where a call's audio came from and where its bytes lie."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, UniqueConstraint, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.ids import new_id
from callscope.core.recording import Recording, RecordingKind
from callscope.storage.base import Base, CallId, CreatedAt, Id, ProjectId


class RecordingRow(Base):
    """One recording of one call."""

    __tablename__ = "recording"
    __table_args__ = (UniqueConstraint("call_id", "kind"), Index(None, "project_id"))

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    call_id: Mapped[CallId]
    kind: Mapped[str]
    source_url: Mapped[str]
    object_key: Mapped[str | None]
    sha256: Mapped[str | None]
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    content_type: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    fetched_at: Mapped[datetime | None]


async def add(session: AsyncSession, *, project_id: UUID, call_id: UUID, kind: RecordingKind, source_url: str) -> UUID:
    """Insert a recording that is still to be fetched and return its id."""
    row = RecordingRow(id=new_id(), project_id=project_id, call_id=call_id, kind=kind.value, source_url=source_url)
    session.add(row)
    await session.flush()
    return row.id


async def of_call(session: AsyncSession, *, project_id: UUID, call_id: UUID) -> tuple[Recording, ...]:
    """Return the recordings of a call, the main one first."""
    query = (
        select(RecordingRow)
        .where(RecordingRow.project_id == project_id, RecordingRow.call_id == call_id)
        .order_by(RecordingRow.kind)
    )
    return tuple(_to_recording(row) for row in (await session.execute(query)).scalars())


async def read(session: AsyncSession, recording_id: UUID) -> Recording | None:
    """Return one recording, None when it or its call is gone."""
    row = await session.get(RecordingRow, recording_id, populate_existing=True)
    return None if row is None else _to_recording(row)


async def record_fetched(
    session: AsyncSession,
    recording_id: UUID,
    *,
    object_key: str,
    sha256: str,
    size_bytes: int,
    content_type: str,
    at: datetime,
) -> None:
    """Record where the bytes lie and what they are."""
    await session.execute(
        update(RecordingRow)
        .where(RecordingRow.id == recording_id)
        .values(object_key=object_key, sha256=sha256, size_bytes=size_bytes, content_type=content_type, fetched_at=at)
        .execution_options(synchronize_session=False)
    )


def _to_recording(row: RecordingRow) -> Recording:
    return Recording(
        id=row.id,
        project_id=row.project_id,
        call_id=row.call_id,
        kind=RecordingKind(row.kind),
        source_url=row.source_url,
        object_key=row.object_key,
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        content_type=row.content_type,
        fetched_at=row.fetched_at,
    )
