"""Chunks of recordings that come in while calls run: each is asked for, then uploaded, perhaps more than once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.integration import Integration, LiveChunk
from callscope.storage.base import Base, ProjectId

KEY = ("project_id", "integration", "call_ref", "chunk_index")


class LiveChunkRow(Base):
    """One chunk. `size_bytes` is also known of an upload that broke off; `object_key` is None until one is whole."""

    __tablename__ = "live_chunk"

    project_id: Mapped[ProjectId] = mapped_column(primary_key=True)
    integration: Mapped[str] = mapped_column(primary_key=True)
    call_ref: Mapped[str] = mapped_column(primary_key=True)
    chunk_index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    requested_at: Mapped[datetime]
    received_at: Mapped[datetime | None]
    object_key: Mapped[str | None]
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkName:
    """Which chunk of which call."""

    project_id: UUID
    integration: Integration
    call_ref: str
    chunk_index: int


async def expect(session: AsyncSession, name: ChunkName, *, at: datetime) -> None:
    """Note that a sender is about to upload a chunk, perhaps again."""
    statement = insert(LiveChunkRow).values(**_key(name), requested_at=at)
    await session.execute(statement.on_conflict_do_update(index_elements=KEY, set_={"requested_at": at}))


async def keep(session: AsyncSession, name: ChunkName, *, object_key: str, size_bytes: int, at: datetime) -> None:
    """Make an upload the chunk's content, in place of an earlier one."""
    renewed = {"object_key": object_key, "size_bytes": size_bytes, "received_at": at}
    statement = insert(LiveChunkRow).values(**_key(name), requested_at=at, **renewed)
    await session.execute(statement.on_conflict_do_update(index_elements=KEY, set_=renewed))


async def note_size(session: AsyncSession, name: ChunkName, *, size_bytes: int, at: datetime) -> None:
    """Note how large a chunk whose upload broke off would have been, unless one was whole."""
    statement = insert(LiveChunkRow).values(**_key(name), requested_at=at, size_bytes=size_bytes)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=KEY,
            set_={"size_bytes": size_bytes},
            where=LiveChunkRow.object_key.is_(None),
        )
    )


async def of_call(
    session: AsyncSession, project_id: UUID, integration: Integration, call_ref: str
) -> Sequence[LiveChunk]:
    """Return the chunks of a call in their order."""
    rows = await session.execute(
        select(LiveChunkRow)
        .where(
            LiveChunkRow.project_id == project_id,
            LiveChunkRow.integration == integration.value,
            LiveChunkRow.call_ref == call_ref,
        )
        .order_by(LiveChunkRow.chunk_index)
        .execution_options(populate_existing=True)
    )
    return tuple(
        LiveChunk(
            chunk_index=row.chunk_index,
            requested_at=row.requested_at,
            received_at=row.received_at,
            object_key=row.object_key,
            size_bytes=row.size_bytes,
        )
        for row in rows.scalars()
    )


async def forget(session: AsyncSession, project_id: UUID, integration: Integration, call_ref: str) -> None:
    """Remove what is known of a call's chunks."""
    statement = delete(LiveChunkRow).where(
        LiveChunkRow.project_id == project_id,
        LiveChunkRow.integration == integration.value,
        LiveChunkRow.call_ref == call_ref,
    )
    await session.execute(statement.execution_options(synchronize_session=False))


def _key(name: ChunkName) -> dict[str, object]:
    return {
        "project_id": name.project_id,
        "integration": name.integration.value,
        "call_ref": name.call_ref,
        "chunk_index": name.chunk_index,
    }
