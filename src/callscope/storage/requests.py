"""Ingest requests as they came in: for replay of equal repeats, and so that fields we do not know yet are not lost."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY
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
