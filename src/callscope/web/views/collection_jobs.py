"""Scoring jobs: what each collects, how far it is, and what can be done about it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from callscope.core.metric_policy import CollectionJob, CollectionStatus, CollectionTrigger, MetricPolicy
from callscope.services.metric_catalogue import Catalogue
from callscope.web.formatting import duration
from callscope.web.views.metric_page import setting_words
from callscope.web.views.metric_words import href_of

METRICS_NAMED = 3
STATUS_WORDS = {
    CollectionStatus.PENDING: ("Waiting", "waiting"),
    CollectionStatus.PROCESSING: ("Running", "running"),
    CollectionStatus.COMPLETED: ("Done", "good"),
    CollectionStatus.FAILED: ("Failed", "bad"),
    CollectionStatus.CANCELED: ("Stopped", "muted"),
}
TRIGGER_WORDS = {
    CollectionTrigger.USER_MANUAL: "somebody on a page",
    CollectionTrigger.USER_API: "the API",
    CollectionTrigger.METRIC_POLICY: "a policy, for a call that came in",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """One job of the list."""

    id: UUID
    href: str
    label: str
    tone: str
    what: str
    done_count: int
    failed_count: int
    total_count: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """One job. `metrics` are name, address and setting of each, and whether it only comes along for others."""

    row: JobRow
    trigger: str
    policies: tuple[tuple[str, str], ...]
    metrics: tuple[tuple[str, str, str, bool], ...]
    error: str
    skipped_count: int
    took: str
    is_open: bool
    can_retry: bool


def view_jobs(jobs: Iterable[CollectionJob], catalogue: Catalogue) -> tuple[JobRow, ...]:
    """Return the rows of the list."""
    return tuple(_row(job, catalogue) for job in jobs)


def view_job(job: CollectionJob, catalogue: Catalogue, policies: Sequence[MetricPolicy]) -> JobPage:
    """Return the page of a job."""
    names: Mapping[UUID, str] = {policy.id: policy.name for policy in policies}
    ended = job.completed_items + job.failed_items
    left = job.total_items - ended if job.status.is_final else 0
    seconds = None if job.started_at is None or job.completed_at is None else job.completed_at - job.started_at
    return JobPage(
        row=_row(job, catalogue),
        trigger=TRIGGER_WORDS[job.triggered_by],
        policies=tuple((names.get(each, "a policy that is gone"), f"/policies/{each}") for each in job.policy_ids),
        metrics=tuple(
            (metric.name, href_of(metric), setting_words(collected.setting), collected.is_read_only)
            for collected in job.metrics
            if (metric := catalogue.by_id.get(collected.source.definition_id)) is not None
        ),
        error=job.error_message or "",
        skipped_count=left,
        took="" if seconds is None else duration(round(seconds.total_seconds() * 1000)),
        is_open=not job.status.is_final,
        can_retry=job.status.is_final and job.completed_items < job.total_items,
    )


def _row(job: CollectionJob, catalogue: Catalogue) -> JobRow:
    label, tone = STATUS_WORDS[job.status]
    return JobRow(
        id=job.id,
        href=f"/collection-jobs/{job.id}",
        label=label,
        tone=tone,
        what=_what(job, catalogue),
        done_count=job.completed_items,
        failed_count=job.failed_items,
        total_count=job.total_items,
        created_at=job.created_at,
    )


def _what(job: CollectionJob, catalogue: Catalogue) -> str:
    names = [
        metric.name
        for collected in job.metrics
        if not collected.is_read_only and (metric := catalogue.by_id.get(collected.source.definition_id))
    ]
    further = len(names) - METRICS_NAMED
    return ", ".join(names[:METRICS_NAMED]) + (f" and {further} more" if further > 0 else "") or "metrics that are gone"
