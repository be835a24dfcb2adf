"""Analyses: one row each, the guard that lets a stage take effect once."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.analysis import Analysis, AnalysisStatus, Stage
from callscope.storage.base import Base, CallId, CreatedAt, Id, ProjectId

FINAL = [status.value for status in AnalysisStatus if status.is_final]


class AnalysisRow(Base):
    """Where one analysis of one call stands."""

    __tablename__ = "analysis"
    __table_args__ = (
        Index(None, "call_id", "created_at"),
        Index(None, "project_id"),
        Index("ix_analysis_failed", "project_id", "finished_at", postgresql_where=text("status = 'FAILED'")),
        Index(
            "ix_analysis_postponed",
            "project_id",
            "next_attempt_at",
            postgresql_where=text("next_attempt_at IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    call_id: Mapped[CallId]
    status: Mapped[str]
    stage: Mapped[str]
    attempt_count: Mapped[int] = mapped_column(server_default="0")
    reason: Mapped[str | None]
    next_attempt_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    stage_entered_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]
    transcription_reason: Mapped[str | None]


def first_columns(analysis_id: UUID, *, project_id: UUID, call_id: UUID, at: datetime) -> dict[str, Any]:
    """Return the row of a queued analysis at its first stage."""
    return {
        "id": analysis_id,
        "project_id": project_id,
        "call_id": call_id,
        "status": AnalysisStatus.QUEUED,
        "stage": next(iter(Stage)),
        "attempt_count": 0,
        "created_at": at,
        "stage_entered_at": at,
    }


async def add(
    session: AsyncSession,
    analysis_id: UUID,
    *,
    project_id: UUID,
    call_id: UUID,
    at: datetime,
    stage: Stage = Stage.TRANSCRIPT,
) -> None:
    """Store a queued analysis that begins with `stage`."""
    columns = first_columns(analysis_id, project_id=project_id, call_id=call_id, at=at)
    await session.execute(insert(AnalysisRow).values({**columns, "stage": stage}))


async def read(session: AsyncSession, analysis_id: UUID) -> Analysis | None:
    """Return the analysis as it stands, None when its call is gone."""
    row = await session.get(AnalysisRow, analysis_id, populate_existing=True)
    return None if row is None else _to_analysis(row)


async def lock(session: AsyncSession, analysis_id: UUID) -> Analysis | None:
    """Return the analysis and keep every other transaction from changing it until this one ends."""
    row = await session.get(AnalysisRow, analysis_id, populate_existing=True, with_for_update=True)
    return None if row is None else _to_analysis(row)


async def latest(session: AsyncSession, *, project_id: UUID, call_id: UUID) -> Analysis | None:
    """Return the newest analysis of a call, None when there is none in this project."""
    query = (
        select(AnalysisRow)
        .where(AnalysisRow.project_id == project_id, AnalysisRow.call_id == call_id)
        .order_by(AnalysisRow.created_at.desc(), AnalysisRow.id.desc())
        .limit(1)
    )
    row = (await session.execute(query)).scalar_one_or_none()
    return None if row is None else _to_analysis(row)


async def of_call(session: AsyncSession, *, project_id: UUID, call_id: UUID) -> tuple[Analysis, ...]:
    """Return all analyses of a call, newest first."""
    query = (
        select(AnalysisRow)
        .where(AnalysisRow.project_id == project_id, AnalysisRow.call_id == call_id)
        .order_by(AnalysisRow.created_at.desc(), AnalysisRow.id.desc())
    )
    return tuple(_to_analysis(row) for row in (await session.execute(query)).scalars())


async def latest_of_calls(
    session: AsyncSession, *, project_id: UUID, call_ids: Collection[UUID]
) -> dict[UUID, Analysis]:
    """Return the newest analysis of each call that has one."""
    query = (
        select(AnalysisRow)
        .where(AnalysisRow.project_id == project_id, AnalysisRow.call_id.in_(call_ids))
        .ext(distinct_on(AnalysisRow.call_id))
        .order_by(AnalysisRow.call_id, AnalysisRow.created_at.desc(), AnalysisRow.id.desc())
    )
    return {row.call_id: _to_analysis(row) for row in (await session.execute(query)).scalars()}


async def enter_stage(session: AsyncSession, analysis_id: UUID, stage: Stage, *, at: datetime) -> None:
    """Record that `stage` is next and has not been tried."""
    await _change(
        session,
        analysis_id,
        status=AnalysisStatus.RUNNING.value,
        stage=stage.value,
        attempt_count=0,
        reason=None,
        next_attempt_at=None,
        stage_entered_at=at,
    )


async def record_failed_attempt(
    session: AsyncSession, analysis_id: UUID, *, reason: str, next_attempt_at: datetime
) -> None:
    """Record that the stage failed once more and when it is tried again."""
    await _change(
        session,
        analysis_id,
        status=AnalysisStatus.RUNNING.value,
        attempt_count=AnalysisRow.attempt_count + 1,
        reason=reason,
        next_attempt_at=next_attempt_at,
    )


async def record_transcription(session: AsyncSession, analysis_id: UUID, *, reason: str | None) -> None:
    """Record why no words were recognised, None when they were, or none were wanted."""
    await _change(session, analysis_id, transcription_reason=reason)


async def finish(
    session: AsyncSession, analysis_id: UUID, status: AnalysisStatus, *, reason: str | None, at: datetime
) -> None:
    """Record a final status."""
    await _change(session, analysis_id, status=status.value, reason=reason, next_attempt_at=None, finished_at=at)


async def cancel_open(
    session: AsyncSession, *, project_id: UUID, call_ids: Collection[UUID], at: datetime
) -> list[Analysis]:
    """Cancel every analysis of these calls that has not ended, and return them."""
    statement = (
        update(AnalysisRow)
        .where(
            AnalysisRow.project_id == project_id, AnalysisRow.call_id.in_(call_ids), AnalysisRow.status.not_in(FINAL)
        )
        .values(status=AnalysisStatus.CANCELLED.value, next_attempt_at=None, finished_at=at)
        .returning(AnalysisRow)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return [_to_analysis(row) for row in (await session.execute(statement)).scalars()]


async def _change(session: AsyncSession, analysis_id: UUID, **values: object) -> None:
    statement = update(AnalysisRow).where(AnalysisRow.id == analysis_id).values(**values)
    await session.execute(statement.execution_options(synchronize_session=False))


def _to_analysis(row: AnalysisRow) -> Analysis:
    return Analysis(
        id=row.id,
        project_id=row.project_id,
        call_id=row.call_id,
        status=AnalysisStatus(row.status),
        stage=Stage(row.stage),
        attempt_count=row.attempt_count,
        reason=row.reason,
        next_attempt_at=row.next_attempt_at,
        created_at=row.created_at,
        stage_entered_at=row.stage_entered_at,
        finished_at=row.finished_at,
        transcription_reason=row.transcription_reason,
    )
