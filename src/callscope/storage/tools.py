"""Tool invocations of calls."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, delete, func, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.call import ToolInvocation
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


async def of_call(
    session: AsyncSession,
    call_id: UUID,
    *,
    since_ms: int | None = None,
    until_ms: int | None = None,
    limit: int | None = None,
) -> tuple[ToolInvocation, ...]:
    """Return the tool invocations of a call by their start: all, or those that start from `since_ms` to `until_ms`.

    The id must have been scoped to a project.
    """
    query = select(ToolInvocationRow).where(ToolInvocationRow.call_id == call_id)
    if since_ms is not None:
        query = query.where(ToolInvocationRow.start_offset_ms >= since_ms)
    if until_ms is not None:
        query = query.where(ToolInvocationRow.start_offset_ms < until_ms)
    query = query.order_by(ToolInvocationRow.start_offset_ms, ToolInvocationRow.position).limit(limit)
    return tuple(_to_invocation(row) for row in (await session.execute(query)).scalars())


async def add(session: AsyncSession, call_id: UUID, invocations: Sequence[ToolInvocation]) -> None:
    """Add invocations to a call, after those it has."""
    last = await session.execute(
        select(func.max(ToolInvocationRow.position)).where(ToolInvocationRow.call_id == call_id)
    )
    first_position = (last.scalar_one() or 0) + 1
    rows = [tool_columns(call_id, first_position + index, each) for index, each in enumerate(invocations)]
    if rows:
        await session.execute(insert(ToolInvocationRow), rows)


async def replace(session: AsyncSession, call_id: UUID, invocations: Sequence[ToolInvocation]) -> None:
    """Make these the call's only invocations."""
    statement = delete(ToolInvocationRow).where(ToolInvocationRow.call_id == call_id)
    await session.execute(statement.execution_options(synchronize_session=False))
    await add(session, call_id, invocations)


def tool_columns(call_id: UUID, position: int, tool: ToolInvocation) -> dict[str, Any]:
    """Return the row of one invocation."""
    return {
        "id": tool.id,
        "call_id": call_id,
        "agent_id": tool.agent_id,
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
        "parameter_types": dict(tool.parameter_types),
        "result": tool.result,
        "start_offset_ms": tool.start_offset_ms,
        "end_offset_ms": tool.end_offset_ms,
        "position": position,
    }


async def count_of_call(session: AsyncSession, call_id: UUID) -> int:
    """Return how many tool invocations a call has. The id must have been scoped to a project."""
    query = select(func.count()).where(ToolInvocationRow.call_id == call_id)
    return (await session.execute(query)).scalar_one()


def _to_invocation(row: ToolInvocationRow) -> ToolInvocation:
    return ToolInvocation(
        id=row.id,
        name=row.name,
        description=row.description,
        parameters=row.parameters,
        parameter_types=row.parameter_types,
        result=row.result,
        start_offset_ms=row.start_offset_ms,
        end_offset_ms=row.end_offset_ms,
        agent_id=row.agent_id,
    )
