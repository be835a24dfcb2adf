"""Agents, the endpoints they answer on, the prompts they ran with, and their part in calls."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, any_, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.call import AgentEndpoint, CallAgent
from callscope.core.ids import new_id
from callscope.storage.base import Base, CallId, CreatedAt, Id, ProjectId, array_of


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
    outbound_dial: Mapped[str] = mapped_column(server_default="NONE")
    dial_definition_id: Mapped[UUID | None] = mapped_column(ForeignKey("http_request_definition.id"))
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
    """One text of a lineage, numbered from 1; `digest` is its SHA-256."""

    __tablename__ = "agent_prompt_version"
    __table_args__ = (UniqueConstraint("agent_prompt_id", "version"), Index(None, "agent_prompt_id", "digest"))

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


async def insert_missing(
    session: AsyncSession, project_id: UUID, *, name: str, custom_id: str | None, description: str | None
) -> None:
    """Add an agent, unless another transaction was first; waits for that one to end."""
    values = {"id": new_id(), "project_id": project_id, "name": name, "custom_id": custom_id}
    await session.execute(insert(AgentRow).values(**values, description=description).on_conflict_do_nothing())


async def insert_missing_endpoint(
    session: AsyncSession, project_id: UUID, *, agent_id: UUID, type_: str, value: str, direction: str
) -> None:
    """Add an endpoint, unless another transaction was first; waits for that one to end."""
    values = {"id": new_id(), "project_id": project_id, "agent_id": agent_id, "type": type_, "value": value}
    await session.execute(insert(AgentEndpointRow).values(**values, direction=direction).on_conflict_do_nothing())


async def add_prompt_version(
    session: AsyncSession, project_id: UUID, *, agent_id: UUID, source: str, prompt: str, digest: bytes
) -> None:
    """Append a text to the agent's lineage of `source`, which is made when missing; a text it has is left."""
    lineage_id = await _lock_lineage(session, project_id, agent_id=agent_id, source=source)
    known = select(AgentPromptVersionRow.id).where(
        AgentPromptVersionRow.agent_prompt_id == lineage_id, AgentPromptVersionRow.digest == digest
    )
    if (await session.execute(known.limit(1))).first() is None:
        newest = await _newest_version(session, lineage_id)
        await _append(session, lineage_id, number=1 if newest is None else newest[0] + 1, prompt=prompt, digest=digest)


async def read_prompts(session: AsyncSession, version_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the texts of prompt versions by id. The ids must have been scoped to a project."""
    query = select(AgentPromptVersionRow.id, AgentPromptVersionRow.prompt).where(
        AgentPromptVersionRow.id == any_(array_of(version_ids, UUID))
    )
    return dict((await session.execute(query)).all())


async def set_prompt(
    session: AsyncSession, project_id: UUID, *, agent_id: UUID, source: str, prompt: str, digest: bytes
) -> tuple[UUID, int, bool]:
    """Make a text the newest of the agent's lineage of `source`.

    Return the lineage's id, the number of its newest version, and whether that is a new one.
    """
    lineage_id = await _lock_lineage(session, project_id, agent_id=agent_id, source=source)
    newest = await _newest_version(session, lineage_id)
    if newest is not None and newest[1] == digest:
        return lineage_id, newest[0], False
    number = 1 if newest is None else newest[0] + 1
    await _append(session, lineage_id, number=number, prompt=prompt, digest=digest)
    return lineage_id, number, True


async def _lock_lineage(session: AsyncSession, project_id: UUID, *, agent_id: UUID, source: str) -> UUID:
    lineage = insert(AgentPromptRow).values(id=new_id(), project_id=project_id, agent_id=agent_id, source=source)
    # The update locks the lineage, so that concurrent texts take their numbers one after the other.
    lineage = lineage.on_conflict_do_update(index_elements=["agent_id", "source"], set_={"updated_at": func.now()})
    return (await session.execute(lineage.returning(AgentPromptRow.id))).scalar_one()


async def _newest_version(session: AsyncSession, lineage_id: UUID) -> tuple[int, bytes] | None:
    query = select(AgentPromptVersionRow.version, AgentPromptVersionRow.digest)
    query = query.where(AgentPromptVersionRow.agent_prompt_id == lineage_id)
    found = (await session.execute(query.order_by(AgentPromptVersionRow.version.desc()).limit(1))).first()
    return None if found is None else (found[0], found[1])


async def _append(session: AsyncSession, lineage_id: UUID, *, number: int, prompt: str, digest: bytes) -> None:
    values = {"id": new_id(), "agent_prompt_id": lineage_id, "version": number, "digest": digest, "prompt": prompt}
    await session.execute(insert(AgentPromptVersionRow).values(**values))


async def of_calls(session: AsyncSession, call_ids: Sequence[UUID]) -> dict[UUID, list[CallAgent]]:
    """Return the agents of these calls, in the sender's order. The ids must have been scoped to a project."""
    query = (
        select(CallAgentRow, AgentRow.name, AgentRow.custom_id, AgentEndpointRow)
        .join(AgentRow, AgentRow.id == CallAgentRow.agent_id)
        .outerjoin(AgentEndpointRow, AgentEndpointRow.id == CallAgentRow.agent_endpoint_id)
        .where(CallAgentRow.call_id == any_(array_of(call_ids, UUID)))
        .order_by(CallAgentRow.position)
    )
    agents: dict[UUID, list[CallAgent]] = {call_id: [] for call_id in call_ids}
    for part, name, custom_id, endpoint in await session.execute(query):
        agents[part.call_id].append(
            CallAgent(
                id=part.agent_id,
                participant_id=part.id,
                name=name,
                custom_id=custom_id,
                endpoint=None if endpoint is None else _to_endpoint(endpoint),
                prompt_id=part.agent_prompt_version_id,
            )
        )
    return agents


def _to_endpoint(row: AgentEndpointRow) -> AgentEndpoint:
    return AgentEndpoint(
        id=row.id, type=row.type, value=row.value, direction=row.direction, environment=row.environment
    )
