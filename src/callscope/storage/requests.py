"""Ingest requests as they came in: for replay of equal repeats, and so that fields we do not know yet are not lost."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.storage.base import Base, CallId, CreatedAt, Id, ProjectId


class IngestRequestRow(Base):
    """One accepted request. `body_digest` is the SHA-256 of `body`, the bytes as received."""

    __tablename__ = "ingest_request"
    __table_args__ = (Index("ix_ingest_request_project_id_body_digest", "project_id", "body_digest"),)

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    api_key_id: Mapped[UUID | None] = mapped_column(ForeignKey("api_key.id", ondelete="SET NULL"))
    call_id: Mapped[CallId] = mapped_column(index=True)
    body: Mapped[bytes]
    body_digest: Mapped[bytes]
    unknown_fields: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default="{}")
    created_at: Mapped[CreatedAt]


async def is_repeat(
    session: AsyncSession, *, project_id: UUID, call_id: UUID, api_key_id: UUID | None, body_digest: bytes
) -> bool:
    """Tell whether the call was made by a request of the same key with the same bytes."""
    query = select(IngestRequestRow.id).where(
        IngestRequestRow.project_id == project_id,
        IngestRequestRow.call_id == call_id,
        IngestRequestRow.api_key_id == api_key_id,
        IngestRequestRow.body_digest == body_digest,
    )
    return (await session.execute(query)).first() is not None
