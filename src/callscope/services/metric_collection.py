"""Jobs that collect metrics of stored calls: begun, watched, cancelled, tried again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.analysis import Analysis
from callscope.core.errors import Conflict, InvalidInput, NotFound
from callscope.core.ids import new_id
from callscope.core.jobs import JobName
from callscope.core.judge import JudgeRules
from callscope.core.metric_definition import MetricSource
from callscope.core.metric_policy import (
    CollectedMetric,
    CollectionJob,
    CollectionStatus,
    CollectionTrigger,
    ItemStatus,
    MetricPolicy,
)
from callscope.core.page import Page, PageRequest
from callscope.core.webhook import WebhookEvent
from callscope.services import events
from callscope.services.calls import get_call
from callscope.services.judging import endpoint_for
from callscope.services.metric_catalogue import Catalogue, read_catalogue
from callscope.services.metric_policies import get_policy, policies_for
from callscope.storage import collection_jobs, jobs

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

MAX_ITEMS = 5000
ERRORS_SHOWN = 3
BACKFILL_PRIORITY = -10
"""Below calls that come in: these are waited for."""


class CollectionJobNotFound(NotFound):
    """The project has no such job."""


class JobStillRuns(Conflict):
    """What has not ended cannot be tried again."""

    code = "collection_job_not_finished"


async def create_job(
    session: "AsyncSession",
    project_id: UUID,
    *,
    call_ids: Sequence[UUID],
    metrics: Sequence[str] | None,
    policy_id: UUID | None,
    triggered_by: CollectionTrigger,
    now: datetime,
) -> CollectionJob:
    """Begin a job that collects metrics (ids or slugs) of calls, with the settings of a policy where one is named.

    Raises NotFound for a call, metric or policy the project has not; InvalidInput for too many items, or for a metric
    that is not the policy's.
    """
    distinct_ids = list(dict.fromkeys(call_ids))
    await _check_calls(session, project_id, distinct_ids)
    catalogue = await read_catalogue(session, project_id)
    asked = [MetricSource(definition_id=catalogue.find(each).id) for each in metrics or ()]
    collected: tuple[CollectedMetric, ...] = tuple(CollectedMetric(source=source) for source in dict.fromkeys(asked))
    if policy_id is not None:
        collected = _of_policy(await get_policy(session, project_id, policy_id), asked)
    if not collected:
        raise InvalidInput.at("metrics", message="`metrics` names none. Name at least one metric, or a policy.")
    if len(distinct_ids) * len(collected) > MAX_ITEMS:
        message = (
            f"{len(distinct_ids)} calls times {len(collected)} metrics are more than {MAX_ITEMS}. "
            "Send several jobs, or backfill a policy."
        )
        raise InvalidInput.at("callIds", message=message)
    policy_ids = () if policy_id is None else (policy_id,)
    return await start(
        session,
        project_id,
        distinct_ids,
        collected,
        catalogue,
        policy_ids=policy_ids,
        triggered_by=triggered_by,
        now=now,
    )


async def collect_after_analysis(
    session: "AsyncSession", analysis: Analysis, rules: JudgeRules, *, now: datetime
) -> None:
    """Begin a job for a call whose analysis has ended, well or not, with all that the policies it fits ask for."""
    call = await get_call(session, analysis.project_id, analysis.call_id)
    endpoint = await endpoint_for(session, call.project_id, rules)
    policies = await policies_for(session, call, has_judge=endpoint is not None)
    if not policies:
        return
    collected: dict[MetricSource, CollectedMetric] = {}
    for policy in reversed(policies):
        collected |= {metric.source: metric for metric in policy.metrics}
    catalogue = await read_catalogue(session, call.project_id)
    scored = [metric for metric in collected.values() if not is_measured(metric.source, catalogue)]
    if scored:
        await start(
            session,
            call.project_id,
            [call.id],
            scored,
            catalogue,
            policy_ids=tuple(policy.id for policy in policies),
            triggered_by=CollectionTrigger.METRIC_POLICY,
            now=now,
        )


async def start(
    session: "AsyncSession",
    project_id: UUID,
    call_ids: Sequence[UUID],
    collected: Sequence[CollectedMetric],
    catalogue: Catalogue,
    *,
    policy_ids: tuple[UUID, ...],
    triggered_by: CollectionTrigger,
    now: datetime,
    priority: int = 0,
) -> CollectionJob:
    """Store a job with all its items and queue it."""
    metrics = planned(collected, catalogue)
    job = CollectionJob(
        id=new_id(),
        project_id=project_id,
        status=CollectionStatus.PENDING,
        triggered_by=triggered_by,
        policy_ids=policy_ids,
        metrics=metrics,
        total_items=len(call_ids) * len(metrics),
        completed_items=0,
        failed_items=0,
        error_message=None,
        created_at=now,
        started_at=None,
        completed_at=None,
        updated_at=now,
    )
    await collection_jobs.add(session, job, call_ids)
    await queue(session, job.id, priority=priority)
    return job


def planned(collected: Sequence[CollectedMetric], catalogue: Catalogue) -> tuple[CollectedMetric, ...]:
    """Return the metrics with all that they read and that is not measured with every call, sources first."""
    asked = {metric.source: metric for metric in collected}
    return tuple(
        asked.get(source) or CollectedMetric(source=source, is_read_only=True)
        for source in catalogue.in_order(asked)
        if source in asked or not is_measured(source, catalogue)
    )


def is_measured(source: MetricSource, catalogue: Catalogue) -> bool:
    """Tell whether every call's own analysis gives the metric."""
    metric = catalogue.configured(source)
    return metric is not None and metric.is_system and metric.calculation is None


async def queue(
    session: "AsyncSession", job_id: UUID, *, schedule_at: datetime | None = None, priority: int = 0
) -> None:
    """Have a job worked on; it never is twice at the same time."""
    await jobs.defer(
        session,
        JobName.COLLECT_METRICS,
        args={"collection_job_id": str(job_id)},
        lock=f"collection:{job_id}",
        schedule_at=schedule_at,
        priority=priority,
    )


async def get_job(session: "AsyncSession", project_id: UUID, job_id: UUID) -> CollectionJob:
    """Return a job. Raises CollectionJobNotFound."""
    job = await collection_jobs.get(session, project_id, job_id)
    if job is None:
        raise CollectionJobNotFound(f"There is no metric collection job {job_id} in this project.", param="jobId")
    return job


async def list_jobs(
    session: "AsyncSession", project_id: UUID, request: PageRequest, *, status: CollectionStatus | None
) -> Page[CollectionJob]:
    """Return one page of jobs, newest first."""
    return await collection_jobs.list_page(session, project_id, request, status=status)


async def cancel_job(session: "AsyncSession", project_id: UUID, job_id: UUID, *, now: datetime) -> CollectionJob:
    """Stop a job; what it has collected stays. One that has ended stays as it is. Raises CollectionJobNotFound."""
    await get_job(session, project_id, job_id)
    job = await collection_jobs.lock(session, job_id)
    if job is None or job.status.is_final:
        return await get_job(session, project_id, job_id)
    await collection_jobs.skip_pending(session, job_id)
    await collection_jobs.change(
        session, job_id, status=CollectionStatus.CANCELED.value, completed_at=now, updated_at=now
    )
    return await get_job(session, project_id, job_id)


async def retry_job(session: "AsyncSession", project_id: UUID, job_id: UUID, *, now: datetime) -> CollectionJob:
    """Try again what failed or was not reached. Raises CollectionJobNotFound, JobStillRuns."""
    await get_job(session, project_id, job_id)
    job = await collection_jobs.lock(session, job_id)
    if job is None or not job.status.is_final:
        raise JobStillRuns("The job has not ended yet. Wait for it, or cancel it first.")
    count = await collection_jobs.reset_items(session, job_id, (ItemStatus.FAILED, ItemStatus.SKIPPED))
    if count:
        await collection_jobs.change(
            session,
            job_id,
            status=CollectionStatus.PENDING.value,
            failed_items=0,
            error_message=None,
            completed_at=None,
            updated_at=now,
        )
        await queue(session, job_id)
    return await get_job(session, project_id, job_id)


async def finish(session: "AsyncSession", job: CollectionJob, *, now: datetime) -> None:
    """Write that nothing of a job is left to do, and tell the webhooks."""
    counts = await collection_jobs.count_items(session, job.id)
    failed_count = counts.get(ItemStatus.FAILED, 0)
    is_failed = failed_count > 0 and not counts.get(ItemStatus.COMPLETED)
    reasons = await collection_jobs.first_errors(session, job.id, limit=ERRORS_SHOWN) if failed_count else ()
    ended = replace(
        job,
        status=CollectionStatus.FAILED if is_failed else CollectionStatus.COMPLETED,
        error_message=" ".join(reasons) or None,
    )
    await collection_jobs.change(
        session,
        job.id,
        status=ended.status.value,
        completed_items=counts.get(ItemStatus.COMPLETED, 0),
        failed_items=failed_count,
        error_message=ended.error_message,
        completed_at=now,
        updated_at=now,
    )
    event = WebhookEvent.METRIC_COLLECTION_JOB_FAILED if is_failed else WebhookEvent.METRIC_COLLECTION_JOB_COMPLETED
    data = {"metricCollectionJobId": str(job.id), "projectId": str(job.project_id), "status": ended.status.value}
    await events.emit(session, project_id=job.project_id, event_type=event, call_id=None, data=data)


def _of_policy(policy: MetricPolicy, asked: Sequence[MetricSource]) -> tuple[CollectedMetric, ...]:
    by_id = {metric.source.definition_id: metric for metric in policy.metrics}
    for position, source in enumerate(asked):
        if source.definition_id not in by_id:
            message = f"The policy {policy.name!r} does not collect this metric. Leave it out, or add it to the policy."
            raise InvalidInput.at("metrics", position, "id", message=message)
    return tuple(by_id[source.definition_id] for source in asked) or policy.metrics


async def _check_calls(session: "AsyncSession", project_id: UUID, call_ids: Sequence[UUID]) -> None:
    known = await collection_jobs.known_calls(session, project_id, call_ids)
    unknown = [call_id for call_id in call_ids if call_id not in known]
    if unknown:
        raise NotFound(f"There is no call {unknown[0]} in this project.", param="callIds")
