"""The steps of a collection job under way: a batch begun, its results written, the job put off or ended."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.metric import MetricValue
from callscope.core.metric_policy import CollectionJob, CollectionStatus, EndedItem, ItemStatus
from callscope.outbound.errors import ServiceAway
from callscope.services import metric_collection
from callscope.services.judging import Judge
from callscope.services.scoring import Batch, Scored, read_batch
from callscope.storage import collected_values, collection_jobs, judge

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


async def begin(session: "AsyncSession", job_id: UUID, judge_: Judge, *, now: datetime) -> Batch | None:
    """Return the next batch of a job. None when it has ended, is gone, or has nothing left, which ends it."""
    job = await collection_jobs.lock(session, job_id)
    if job is None or job.status.is_final:
        return None
    if job.status is CollectionStatus.PENDING:
        started = CollectionStatus.PROCESSING.value
        await collection_jobs.change(session, job_id, status=started, started_at=job.started_at or now, updated_at=now)
    batch = await read_batch(session, job, judge_)
    if batch is None:
        await metric_collection.finish(session, job, now=now)
    return batch


async def record(session: "AsyncSession", batch: Batch, scored: Scored, *, now: datetime) -> None:
    """Write what became of a batch. What was computed while the job was cancelled is kept too."""
    await collection_jobs.lock(session, batch.job.id)
    job = batch.job

    def is_new(item: EndedItem) -> bool:
        return not (job.metrics[item.ordinal].is_read_only and _has_stored(batch, item.call_id, item.values))

    await collected_values.record(
        session, project_id=job.project_id, job_id=job.id, items=scored.items, is_new=is_new, at=now
    )
    await judge.add_uses(session, batch.job.project_id, scored.uses)
    failed_count = sum(item.status is ItemStatus.FAILED for item in scored.items)
    await collection_jobs.add_progress(
        session, batch.job.id, completed=len(scored.items) - failed_count, failed=failed_count, at=now
    )


async def postpone(
    session: "AsyncSession", job: CollectionJob, away: ServiceAway, until: datetime | None, *, now: datetime
) -> None:
    """Go on at `until`, or give up what is left when it is None: the judge was away for too long."""
    current = await collection_jobs.lock(session, job.id)
    if current is None or current.status.is_final:
        return
    if until is None:
        reason = f"The judge was away for too long. {away.message}"
        await collection_jobs.fail_pending(session, job.id, error=reason, at=now)
        await metric_collection.finish(session, current, now=now)
        return
    await collection_jobs.change(
        session,
        job.id,
        attempt_count=job.attempt_count + 1,
        failing_since=job.failing_since or now,
        error_message=f"The judge is away; the job goes on later. {away.message}",
        updated_at=now,
    )
    await metric_collection.queue(session, job.id, schedule_at=until)


async def go_on_later(session: "AsyncSession", job_id: UUID) -> None:
    """Put a job to the end of its line."""
    await metric_collection.queue(session, job_id)


def _has_stored(batch: Batch, call_id: UUID, values: Sequence[MetricValue]) -> bool:
    stored = batch.stored[call_id].get(values[0].slug, ()) if values else ()
    return bool(stored) and tuple(value.as_value() for value in stored) == tuple(values)
