"""Jobs that collect metrics of calls, and their items: one metric of one call each."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ForeignKey, Index, any_, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.dialects.postgresql import UUID as POSTGRES_UUID
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.metric import MetricValue
from callscope.core.metric_policy import (
    CollectionJob,
    CollectionStatus,
    CollectionTrigger,
    EndedItem,
    ItemStatus,
)
from callscope.core.page import Page, PageRequest
from callscope.storage.base import Base, CallId, CreatedAt, Id, ProjectId, array_of
from callscope.storage.calls import CallRow, visible
from callscope.storage.metric_policies import METRICS
from callscope.storage.pages import newest_first

_values: TypeAdapter[tuple[MetricValue, ...]] = TypeAdapter(tuple[MetricValue, ...])
FINAL = [status.value for status in CollectionStatus if status.is_final]


class CollectionJobRow(Base):
    """One job."""

    __tablename__ = "collection_job"
    __table_args__ = (
        Index(None, "project_id", "id"),
        Index("ix_collection_job_failed", "project_id", "completed_at", postgresql_where=text("failed_items > 0")),
        Index("ix_collection_job_failing", "project_id", postgresql_where=text("failing_since IS NOT NULL")),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    status: Mapped[str]
    triggered_by: Mapped[str]
    policy_ids: Mapped[list[UUID]] = mapped_column(ARRAY(POSTGRES_UUID()))
    metrics: Mapped[Any] = mapped_column(JSONB)
    total_items: Mapped[int]
    completed_items: Mapped[int] = mapped_column(server_default="0")
    failed_items: Mapped[int] = mapped_column(server_default="0")
    error_message: Mapped[str | None]
    attempt_count: Mapped[int] = mapped_column(server_default="0")
    failing_since: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class CollectionItemRow(Base):
    """One metric of one call. `ordinal` is the metric's place in the job's `metrics`; `values` what it gave."""

    __tablename__ = "collection_item"
    __table_args__ = (
        Index("ix_collection_item_pending", "job_id", "call_id", postgresql_where=text("status = 'PENDING'")),
        Index(None, "call_id"),
    )

    job_id: Mapped[UUID] = mapped_column(ForeignKey("collection_job.id", ondelete="CASCADE"), primary_key=True)
    call_id: Mapped[CallId] = mapped_column(primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str]
    error: Mapped[str | None]
    values: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    computed_at: Mapped[datetime | None]


async def add(session: AsyncSession, job: CollectionJob, call_ids: Collection[UUID]) -> None:
    """Insert a job and one item for every metric of every call."""
    columns = {
        "id": job.id,
        "project_id": job.project_id,
        "status": job.status.value,
        "triggered_by": job.triggered_by.value,
        "policy_ids": list(job.policy_ids),
        "metrics": METRICS.dump_python(job.metrics, mode="json"),
        "total_items": job.total_items,
        "created_at": job.created_at,
        "updated_at": job.updated_at,
    }
    await session.execute(insert(CollectionJobRow).values(columns))
    await session.execute(
        text(
            "INSERT INTO collection_item (job_id, call_id, ordinal, status)"
            " SELECT :job_id, call_id, ordinal, 'PENDING'"
            " FROM unnest(CAST(:call_ids AS uuid[])) AS call_id, generate_series(0, :last) AS ordinal"
        ),
        {"job_id": job.id, "call_ids": list(call_ids), "last": len(job.metrics) - 1},
    )


async def get(session: AsyncSession, project_id: UUID, job_id: UUID) -> CollectionJob | None:
    """Return a job, None when the project has none of that id."""
    query = select(CollectionJobRow).where(CollectionJobRow.project_id == project_id, CollectionJobRow.id == job_id)
    row = (await session.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()
    return None if row is None else _to_job(row)


async def lock(session: AsyncSession, job_id: UUID) -> CollectionJob | None:
    """Return a job and keep every other transaction from changing it until this one ends."""
    row = await session.get(CollectionJobRow, job_id, populate_existing=True, with_for_update=True)
    return None if row is None else _to_job(row)


async def list_page(
    session: AsyncSession, project_id: UUID, request: PageRequest, *, status: CollectionStatus | None
) -> Page[CollectionJob]:
    """Return one page of the project's jobs, newest first."""
    matching = [CollectionJobRow.project_id == project_id]
    if status is not None:
        matching.append(CollectionJobRow.status == status.value)
    return await newest_first(session, CollectionJobRow, matching, request, _to_job)


async def policies_of(session: AsyncSession, job_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """Return the policies that started each job."""
    query = select(CollectionJobRow.id, CollectionJobRow.policy_ids).where(
        CollectionJobRow.id == any_(array_of(job_ids, UUID))
    )
    return {job_id: tuple(policy_ids) for job_id, policy_ids in (await session.execute(query))}


async def pending(session: AsyncSession, job_id: UUID, *, call_limit: int) -> dict[UUID, tuple[int, ...]]:
    """Return what is still to be done of a job, for some calls: the ordinals of the metrics by call, in their order."""
    ordinals = func.array_agg(CollectionItemRow.ordinal)
    query = (
        select(CollectionItemRow.call_id, ordinals)
        .where(CollectionItemRow.job_id == job_id, CollectionItemRow.status == ItemStatus.PENDING.value)
        .group_by(CollectionItemRow.call_id)
        .order_by(CollectionItemRow.call_id)
        .limit(call_limit)
    )
    return {call_id: tuple(sorted(found)) for call_id, found in (await session.execute(query))}


async def change(session: AsyncSession, job_id: UUID, **columns: object) -> None:
    """Write columns of a job."""
    statement = update(CollectionJobRow).where(CollectionJobRow.id == job_id).values(columns)
    await session.execute(statement.execution_options(synchronize_session=False))


async def count_items(session: AsyncSession, job_id: UUID) -> dict[ItemStatus, int]:
    """Return how many items of a job stand where."""
    query = (
        select(CollectionItemRow.status, func.count())
        .where(CollectionItemRow.job_id == job_id)
        .group_by(CollectionItemRow.status)
    )
    return {ItemStatus(status): count for status, count in (await session.execute(query))}


async def add_progress(session: AsyncSession, job_id: UUID, *, completed: int, failed: int, at: datetime) -> None:
    """Count items that ended; the judge, if one is needed, was there."""
    await change(
        session,
        job_id,
        completed_items=CollectionJobRow.completed_items + completed,
        failed_items=CollectionJobRow.failed_items + failed,
        attempt_count=0,
        failing_since=None,
        updated_at=at,
    )


async def reset_items(session: AsyncSession, job_id: UUID, statuses: Collection[ItemStatus]) -> int:
    """Make the items of these statuses pending again; return how many there were."""
    statement = (
        update(CollectionItemRow)
        .where(CollectionItemRow.job_id == job_id, CollectionItemRow.status.in_([status.value for status in statuses]))
        .values(status=ItemStatus.PENDING.value, error=None, values=None, computed_at=None)
        .returning(CollectionItemRow.ordinal)
        .execution_options(synchronize_session=False)
    )
    return len((await session.execute(statement)).all())


async def skip_pending(session: AsyncSession, job_id: UUID) -> None:
    """Mark what was not reached."""
    statement = (
        update(CollectionItemRow)
        .where(CollectionItemRow.job_id == job_id, CollectionItemRow.status == ItemStatus.PENDING.value)
        .values(status=ItemStatus.SKIPPED.value)
    )
    await session.execute(statement.execution_options(synchronize_session=False))


async def fail_pending(session: AsyncSession, job_id: UUID, *, error: str, at: datetime) -> int:
    """Give up what is still pending, for one reason; return how many items that were."""
    statement = (
        update(CollectionItemRow)
        .where(CollectionItemRow.job_id == job_id, CollectionItemRow.status == ItemStatus.PENDING.value)
        .values(status=ItemStatus.FAILED.value, error=error, computed_at=at)
        .returning(CollectionItemRow.ordinal)
        .execution_options(synchronize_session=False)
    )
    return len((await session.execute(statement)).all())


async def first_errors(session: AsyncSession, job_id: UUID, *, limit: int) -> tuple[str, ...]:
    """Return some of the reasons why items failed, each once."""
    query = (
        select(CollectionItemRow.error)
        .where(CollectionItemRow.job_id == job_id, CollectionItemRow.error.is_not(None))
        .distinct()
        .limit(limit)
    )
    return tuple(error for error in (await session.execute(query)).scalars() if error is not None)


async def read_ended(
    session: AsyncSession, job_id: UUID, *, after_call: UUID | None, call_limit: int
) -> tuple[EndedItem, ...]:
    """Return the items that ended of some calls, by call and in the order of the job's metrics."""
    ended = (CollectionItemRow.job_id == job_id, CollectionItemRow.values.is_not(None))
    calls = select(CollectionItemRow.call_id).where(*ended).distinct().order_by(CollectionItemRow.call_id)
    if after_call is not None:
        calls = calls.where(CollectionItemRow.call_id > after_call)
    query = (
        select(CollectionItemRow)
        .where(*ended, CollectionItemRow.call_id.in_(calls.limit(call_limit)))
        .order_by(CollectionItemRow.call_id, CollectionItemRow.ordinal)
    )
    return tuple(_to_item(row) for row in (await session.execute(query)).scalars())


async def known_calls(session: AsyncSession, project_id: UUID, call_ids: Collection[UUID]) -> set[UUID]:
    """Return those of the ids that are calls of the project."""
    query = select(CallRow.id).where(*visible(project_id), CallRow.id == any_(array_of(call_ids, UUID)))
    return set((await session.execute(query)).scalars())


def _to_item(row: CollectionItemRow) -> EndedItem:
    return EndedItem(
        call_id=row.call_id,
        ordinal=row.ordinal,
        status=ItemStatus(row.status),
        error=row.error,
        values=_values.validate_python(row.values),
        computed_at=row.computed_at,
    )


def _to_job(row: CollectionJobRow) -> CollectionJob:
    return CollectionJob(
        id=row.id,
        project_id=row.project_id,
        status=CollectionStatus(row.status),
        triggered_by=CollectionTrigger(row.triggered_by),
        policy_ids=tuple(row.policy_ids),
        metrics=METRICS.validate_python(row.metrics),
        total_items=row.total_items,
        completed_items=row.completed_items,
        failed_items=row.failed_items,
        error_message=row.error_message,
        created_at=row.created_at,
        started_at=row.started_at,
        completed_at=row.completed_at,
        updated_at=row.updated_at,
        attempt_count=row.attempt_count,
        failing_since=row.failing_since,
    )
