"""Transcripts: per call at most one of each source, each a list of entries in call order."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callscope.storage.base import Base, CallId, CreatedAt, Id, Milliseconds


class TranscriptRow(Base):
    """One source's account of a call."""

    __tablename__ = "transcript"
    __table_args__ = (UniqueConstraint("call_id", "source"),)

    id: Mapped[Id]
    call_id: Mapped[CallId]
    source: Mapped[str]
    created_at: Mapped[CreatedAt]


class TranscriptEntryRow(Base):
    """One stretch of words. `participant_id` is the id of a call's agent or customer part, None when unknown."""

    __tablename__ = "transcript_entry"
    __table_args__ = (UniqueConstraint("transcript_id", "position"),)

    id: Mapped[Id]
    transcript_id: Mapped[UUID] = mapped_column(ForeignKey("transcript.id", ondelete="CASCADE"))
    position: Mapped[int]
    role: Mapped[str]
    participant_id: Mapped[UUID | None]
    text: Mapped[str]
    start_offset_ms: Mapped[Milliseconds]
    end_offset_ms: Mapped[Milliseconds]
    language_code: Mapped[str | None]
    payload: Mapped[dict[str, Any] | None]
