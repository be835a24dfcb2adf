"""Tool invocations of calls."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from callscope.storage.base import Base, CallId, EmptyObject, Id, Milliseconds


class ToolInvocationRow(Base):
    """One use of a tool. `parameters` holds plain values, `parameter_types` what the sender declared of them."""

    __tablename__ = "tool_invocation"
    __table_args__ = (Index("ix_tool_invocation_call_id_start_offset_ms", "call_id", "start_offset_ms"),)

    id: Mapped[Id]
    call_id: Mapped[CallId]
    agent_id: Mapped[UUID | None] = mapped_column(ForeignKey("agent.id"))
    name: Mapped[str]
    description: Mapped[str | None]
    parameters: Mapped[EmptyObject]
    parameter_types: Mapped[EmptyObject]
    result: Mapped[Any] = mapped_column(JSONB)
    start_offset_ms: Mapped[Milliseconds]
    end_offset_ms: Mapped[Milliseconds | None]
    position: Mapped[int]
