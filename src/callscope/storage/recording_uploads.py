"""Recordings that senders upload to us: asked for, received once, taken by one call."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, and_, any_, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.recording import RecordingFile, RecordingUpload
from callscope.storage.base import Base, Id, ProjectId, array_of


class RecordingUploadRow(Base):
    """One upload. What describes its file is None until that has come in whole."""

    __tablename__ = "recording_upload"

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    requested_at: Mapped[datetime] = mapped_column(index=True)
    received_at: Mapped[datetime | None]
    object_key: Mapped[str | None]
    sha256: Mapped[str | None]
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    content_type: Mapped[str | None]
    call_id: Mapped[UUID | None] = mapped_column(ForeignKey("call.id", ondelete="SET NULL"), index=True)
    taken_at: Mapped[datetime | None]
    fetched_at: Mapped[datetime | None]


async def add(session: AsyncSession, upload_id: UUID, project_id: UUID, *, at: datetime) -> None:
    """Note that a sender is about to upload a recording."""
    await session.execute(insert(RecordingUploadRow).values(id=upload_id, project_id=project_id, requested_at=at))


async def read(session: AsyncSession, upload_id: UUID) -> RecordingUpload | None:
    """Return an upload, whoever's it is."""
    query = select(RecordingUploadRow).where(RecordingUploadRow.id == upload_id)
    row = (await session.execute(query)).scalar_one_or_none()
    return None if row is None else _to_upload(row)


async def of_project(
    session: AsyncSession, project_id: UUID, upload_ids: Collection[UUID]
) -> dict[UUID, RecordingUpload]:
    """Return those of the uploads that are the project's."""
    query = select(RecordingUploadRow).where(
        RecordingUploadRow.project_id == project_id, RecordingUploadRow.id == any_(array_of(upload_ids, UUID))
    )
    return {row.id: _to_upload(row) for row in (await session.execute(query)).scalars()}


async def keep(session: AsyncSession, upload_id: UUID, file: RecordingFile, *, at: datetime) -> bool:
    """Note the file that came in, and return True; False when one had come before."""
    statement = (
        update(RecordingUploadRow)
        .where(RecordingUploadRow.id == upload_id, RecordingUploadRow.received_at.is_(None))
        .values(
            received_at=at,
            object_key=file.object_key,
            sha256=file.sha256,
            size_bytes=file.size_bytes,
            content_type=file.content_type,
        )
        .returning(RecordingUploadRow.id)
    )
    return (await session.execute(statement)).scalar_one_or_none() is not None


async def take(
    session: AsyncSession, project_id: UUID, upload_ids: Collection[UUID], *, call_id: UUID, at: datetime
) -> set[UUID]:
    """Make received uploads that no call has taken those of a call, and return their ids.

    Waits for a transaction that is about to take one of them.
    """
    statement = (
        update(RecordingUploadRow)
        .where(
            RecordingUploadRow.project_id == project_id,
            RecordingUploadRow.id == any_(array_of(upload_ids, UUID)),
            RecordingUploadRow.received_at.is_not(None),
            RecordingUploadRow.taken_at.is_(None),
        )
        .values(call_id=call_id, taken_at=at)
        .returning(RecordingUploadRow.id)
        .execution_options(synchronize_session=False)
    )
    return set((await session.execute(statement)).scalars())


async def mark_fetched(session: AsyncSession, call_id: UUID, *, at: datetime) -> None:
    """Note that a call's recordings have copies of their own."""
    statement = update(RecordingUploadRow).where(RecordingUploadRow.call_id == call_id).values(fetched_at=at)
    await session.execute(statement.execution_options(synchronize_session=False))


async def forget_needless(
    session: AsyncSession, *, requested_before: datetime, limit: int
) -> Sequence[tuple[UUID, UUID]]:
    """Remove some uploads that nobody needs, and return the project and id of each.

    Needless are those that were copied, whose call is gone, or that were asked for before `requested_before` and never
    taken.
    """
    is_gone = and_(RecordingUploadRow.taken_at.is_not(None), RecordingUploadRow.call_id.is_(None))
    is_forgotten = and_(RecordingUploadRow.taken_at.is_(None), RecordingUploadRow.requested_at < requested_before)
    needless = (
        select(RecordingUploadRow.id)
        .where(or_(RecordingUploadRow.fetched_at.is_not(None), is_gone, is_forgotten))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    statement = (
        delete(RecordingUploadRow)
        .where(RecordingUploadRow.id.in_(needless))
        .returning(RecordingUploadRow.project_id, RecordingUploadRow.id)
        .execution_options(synchronize_session=False)
    )
    return [(row.project_id, row.id) for row in await session.execute(statement)]


def _to_upload(row: RecordingUploadRow) -> RecordingUpload:
    file = None
    if row.object_key is not None and row.sha256 is not None and row.size_bytes is not None and row.content_type:
        file = RecordingFile(
            object_key=row.object_key, sha256=row.sha256, size_bytes=row.size_bytes, content_type=row.content_type
        )
    return RecordingUpload(id=row.id, project_id=row.project_id, call_id=row.call_id, taken_at=row.taken_at, file=file)
