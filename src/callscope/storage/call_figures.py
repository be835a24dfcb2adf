"""Figures of measured calls, one row a call, kept beside it so that lists are sorted and periods summed by index."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, delete, select, text
from sqlalchemy.dialects.postgresql import ARRAY, DOUBLE_PRECISION, insert
from sqlalchemy.dialects.postgresql import UUID as POSTGRES_UUID
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.call import EndedStatus
from callscope.core.call_figures import CallFigures
from callscope.storage.base import Base, Milliseconds, ProjectId


def _worst(name: str, column: str, condition: str) -> Index:
    return Index(f"ix_call_figures_{name}", "project_id", column, "call_id", postgresql_where=text(condition))


SUMMED = [
    *("call_id", "agent_ids", "ended_status", "is_error"),
    *("barge_in_count", "failed_barge_in_count", "tool_count", "failed_tool_count"),
]


class CallFiguresRow(Base):
    """One call's figures. A call that was never measured, or was deleted, has none."""

    __tablename__ = "call_figures"
    __table_args__ = (
        # Periods are summed from this index alone.
        Index("ix_call_figures_period", "project_id", "started_at", postgresql_include=SUMMED),
        _worst("slowest", "response_p95_ms", "response_p95_ms IS NOT NULL"),
        _worst("barge_ins", "failed_barge_in_count", "failed_barge_in_count > 0"),
        _worst("tools", "failed_tool_count", "failed_tool_count > 0"),
        _worst("quality", "quality_score", "quality_score IS NOT NULL"),
        _worst("errors", "started_at", "is_error"),
    )

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"), primary_key=True)
    project_id: Mapped[ProjectId]
    started_at: Mapped[datetime]
    agent_ids: Mapped[list[UUID]] = mapped_column(ARRAY(POSTGRES_UUID()))
    prompt_version_ids: Mapped[list[UUID]] = mapped_column(ARRAY(POSTGRES_UUID()))
    ended_status: Mapped[str | None]
    is_error: Mapped[bool]
    responses_ms: Mapped[list[int]] = mapped_column(ARRAY(BigInteger()))
    response_p95_ms: Mapped[Milliseconds | None]
    barge_in_count: Mapped[int | None]
    failed_barge_in_count: Mapped[int | None]
    tool_count: Mapped[int]
    failed_tool_count: Mapped[int]
    quality_score: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    strip: Mapped[bytes | None]


async def save(session: AsyncSession, figures: CallFigures) -> None:
    """Make these the call's figures."""
    values: dict[str, Any] = {
        "project_id": figures.project_id,
        "started_at": figures.started_at,
        "agent_ids": list(figures.agent_ids),
        "prompt_version_ids": list(figures.prompt_version_ids),
        "ended_status": figures.ended_status,
        "is_error": figures.is_error,
        "responses_ms": list(figures.responses_ms),
        "response_p95_ms": figures.response_p95_ms,
        "barge_in_count": figures.barge_in_count,
        "failed_barge_in_count": figures.failed_barge_in_count,
        "tool_count": figures.tool_count,
        "failed_tool_count": figures.failed_tool_count,
        "quality_score": figures.quality_score,
        "strip": figures.strip,
    }
    statement = insert(CallFiguresRow).values(call_id=figures.call_id, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["call_id"], set_=values))


async def remove(session: AsyncSession, call_ids: Collection[UUID]) -> None:
    """Forget the figures of calls that are deleted."""
    await session.execute(delete(CallFiguresRow).where(CallFiguresRow.call_id.in_(call_ids)))


async def of_calls(session: AsyncSession, project_id: UUID, call_ids: Collection[UUID]) -> dict[UUID, CallFigures]:
    """Return the figures of those of the calls that have any."""
    query = select(CallFiguresRow).where(CallFiguresRow.project_id == project_id, CallFiguresRow.call_id.in_(call_ids))
    return {row.call_id: _to_figures(row) for row in (await session.execute(query)).scalars()}


def _to_figures(row: CallFiguresRow) -> CallFigures:
    return CallFigures(
        call_id=row.call_id,
        project_id=row.project_id,
        started_at=row.started_at,
        agent_ids=tuple(row.agent_ids),
        prompt_version_ids=tuple(row.prompt_version_ids),
        ended_status=None if row.ended_status is None else EndedStatus(row.ended_status),
        is_error=row.is_error,
        responses_ms=tuple(row.responses_ms),
        response_p95_ms=row.response_p95_ms,
        barge_in_count=row.barge_in_count,
        failed_barge_in_count=row.failed_barge_in_count,
        tool_count=row.tool_count,
        failed_tool_count=row.failed_tool_count,
        quality_score=row.quality_score,
        strip=row.strip,
    )
