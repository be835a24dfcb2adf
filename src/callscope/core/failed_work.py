"""Work that failed: what of, why, and whether it is tried again by itself."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from callscope.core.analysis import Stage


class WorkKind(StrEnum):
    """What can fail: each stage of an analysis, and the work around it."""

    TRANSCRIPT = Stage.TRANSCRIPT.value
    FETCH = Stage.FETCH.value
    MEASURE = Stage.MEASURE.value
    TRANSCRIBE = Stage.TRANSCRIBE.value
    CONCLUDE = Stage.CONCLUDE.value
    METRICS = "metrics"
    """Collecting metrics that a policy or a person asked for."""
    MESSAGE = "message"
    """Reading what an integration sent."""
    DELIVERY = "delivery"
    """Sending an event to a webhook."""

    @property
    def permission(self) -> str:
        """What whoever tries it again needs."""
        return _PERMISSION_OF_KIND.get(self, "call:update")


_PERMISSION_OF_KIND = {
    WorkKind.METRICS: "metric-collection-job:update",
    WorkKind.DELIVERY: "webhook:update",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedWork:
    """One piece of work that failed; `reason` is for a person.

    `id` is that of the analysis, collection job, message or delivery, `call_id` its call or one of its calls.
    `failed_at` is when it was given up, None for work that is tried again by itself: at `next_attempt_at`, None when
    whoever it waits for decides that. `attempt_count` counts its tries, None where only the outcome is kept.
    """

    kind: WorkKind
    id: UUID
    call_id: UUID | None
    call_started_at: datetime | None
    reason: str
    attempt_count: int | None
    failed_at: datetime | None
    next_attempt_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningWork:
    """A job under way: since when, and how often it was taken over from a worker that died."""

    job: str
    call_id: UUID | None
    call_started_at: datetime | None
    started_at: datetime
    take_over_count: int
