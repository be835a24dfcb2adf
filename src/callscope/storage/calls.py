"""Calls: the row, and the queries that read and write calls with their participants."""

from datetime import datetime

from sqlalchemy import Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from callscope.storage.base import Base, CreatedAt, EmptyObject, Id, Milliseconds, ProjectId

VISIBLE = text("deleted_at IS NULL")


class CallRow(Base):
    """One call. A set `deleted_at` hides it and everything of it from every read."""

    __tablename__ = "call"
    __table_args__ = (
        Index("uq_call_project_id_external_id", "project_id", "external_id", unique=True, postgresql_where=VISIBLE),
        Index("ix_call_project_id_created_at", "project_id", "created_at", "id", postgresql_where=VISIBLE),
        Index("ix_call_project_id_started_at", "project_id", "started_at", "id", postgresql_where=VISIBLE),
        Index("ix_call_vapi_call_id", "vapi_call_id", postgresql_where=text("vapi_call_id IS NOT NULL")),
        Index("ix_call_livekit_room_id", "livekit_room_id", postgresql_where=text("livekit_room_id IS NOT NULL")),
        Index("ix_call_properties", "properties", postgresql_using="gin"),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    status: Mapped[str]
    direction: Mapped[str]
    interface_type: Mapped[str]
    source: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    duration_ms: Mapped[Milliseconds | None]
    ended_status: Mapped[str | None]
    title: Mapped[str | None]
    summary: Mapped[str | None]
    external_id: Mapped[str | None]
    vapi_call_id: Mapped[str | None]
    livekit_room_id: Mapped[str | None]
    recording_url: Mapped[str | None]
    stereo_recording_url: Mapped[str | None]
    properties: Mapped[EmptyObject]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    deleted_at: Mapped[datetime | None]
