"""Agents, the endpoints they answer on, the prompts they ran with, and their part in calls."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from callscope.storage.base import Base, CallId, CreatedAt, Id, ProjectId


class AgentRow(Base):
    """A voice agent. Its `custom_id` is unique in the project; so is the name of agents that have none."""

    __tablename__ = "agent"
    __table_args__ = (
        Index("uq_agent_project_id_custom_id", "project_id", "custom_id", unique=True),
        Index(
            "uq_agent_project_id_name_without_custom_id",
            "project_id",
            "name",
            unique=True,
            postgresql_where=text("custom_id IS NULL"),
        ),
        Index("ix_agent_project_id_name", "project_id", "name"),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    name: Mapped[str]
    custom_id: Mapped[str | None]
    description: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class AgentEndpointRow(Base):
    """An address an agent is reached at: phone number, WebSocket URL or a provider's room."""

    __tablename__ = "agent_endpoint"
    __table_args__ = (UniqueConstraint("agent_id", "type", "value", "direction", "environment"),)

    id: Mapped[Id]
    project_id: Mapped[ProjectId] = mapped_column(index=True)
    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agent.id", ondelete="CASCADE"))
    type: Mapped[str]
    value: Mapped[str]
    direction: Mapped[str]
    environment: Mapped[str] = mapped_column(server_default="production")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class AgentPromptRow(Base):
    """A prompt lineage: one history of versions per agent and source."""

    __tablename__ = "agent_prompt"
    __table_args__ = (UniqueConstraint("agent_id", "source"),)

    id: Mapped[Id]
    project_id: Mapped[ProjectId] = mapped_column(index=True)
    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agent.id", ondelete="CASCADE"))
    source: Mapped[str]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class AgentPromptVersionRow(Base):
    """One text of a lineage, numbered from 1; the same text is stored once (`digest` is its SHA-256)."""

    __tablename__ = "agent_prompt_version"
    __table_args__ = (
        UniqueConstraint("agent_prompt_id", "version"),
        UniqueConstraint("agent_prompt_id", "digest"),
    )

    id: Mapped[Id]
    agent_prompt_id: Mapped[UUID] = mapped_column(ForeignKey("agent_prompt.id", ondelete="CASCADE"))
    version: Mapped[int]
    digest: Mapped[bytes]
    prompt: Mapped[str]
    created_at: Mapped[CreatedAt]


class CallAgentRow(Base):
    """An agent's part in one call; `id` identifies the participant, `position` keeps the sender's order."""

    __tablename__ = "call_agent"
    __table_args__ = (UniqueConstraint("call_id", "position"),)

    id: Mapped[Id]
    call_id: Mapped[CallId]
    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agent.id"), index=True)
    agent_endpoint_id: Mapped[UUID | None] = mapped_column(ForeignKey("agent_endpoint.id"))
    agent_prompt_version_id: Mapped[UUID | None] = mapped_column(ForeignKey("agent_prompt_version.id"))
    position: Mapped[int]
