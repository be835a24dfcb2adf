"""Whom Callscope tells of what."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any
from uuid import UUID


class WebhookEvent(StrEnum):
    """What can be subscribed to."""

    CALL_ANALYSIS_COMPLETED = "CALL_ANALYSIS_COMPLETED"
    CALL_ANALYSIS_FAILED = "CALL_ANALYSIS_FAILED"
    CALL_ANALYSIS_CANCELLED = "CALL_ANALYSIS_CANCELLED"
    CALL_EVALUATION_COMPLETED = "CALL_EVALUATION_COMPLETED"
    CALL_EVALUATION_FAILED = "CALL_EVALUATION_FAILED"
    SIMULATION_RUN_PLAN_JOB_STARTED = "SIMULATION_RUN_PLAN_JOB_STARTED"
    SIMULATION_RUN_PLAN_JOB_COMPLETED = "SIMULATION_RUN_PLAN_JOB_COMPLETED"
    SIMULATION_RUN_PLAN_JOB_FAILED = "SIMULATION_RUN_PLAN_JOB_FAILED"
    SIMULATION_RUN_PLAN_JOB_CANCELLED = "SIMULATION_RUN_PLAN_JOB_CANCELLED"
    SIMULATION_JOB_STARTED = "SIMULATION_JOB_STARTED"
    SIMULATION_JOB_COMPLETED = "SIMULATION_JOB_COMPLETED"
    SIMULATION_JOB_FAILED = "SIMULATION_JOB_FAILED"
    SIMULATION_JOB_CANCELLED = "SIMULATION_JOB_CANCELLED"
    METRIC_COLLECTION_JOB_COMPLETED = "METRIC_COLLECTION_JOB_COMPLETED"
    METRIC_COLLECTION_JOB_FAILED = "METRIC_COLLECTION_JOB_FAILED"
    CHAT_ANALYSIS_COMPLETED = "CHAT_ANALYSIS_COMPLETED"
    CHAT_ANALYSIS_FAILED = "CHAT_ANALYSIS_FAILED"
    ISSUE_OPENED = "ISSUE_OPENED"
    ISSUE_RESOLVED = "ISSUE_RESOLVED"

    @property
    def wire_name(self) -> str:
        """The name deliveries bear: `call.analysis.completed`, `metric_collection.job.failed`."""
        subject, _, happening = self.value.lower().rpartition("_")
        for joined in ("run_plan_job", "metric_collection"):
            subject = subject.replace(joined, joined.replace("_", "-"))
        return f"{subject.replace('_', '.').replace('-', '_')}.{happening}"


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    WAITING = "WAITING"
    """For its first try, or its next."""
    DELIVERED = "DELIVERED"
    DEAD = "DEAD"
    """Given up; it can be replayed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A subscription. `headers` go with every delivery, which is signed with `signing_secret` (`whsec_…`)."""

    id: UUID
    url: str
    description: str | None
    events: tuple[WebhookEvent, ...]
    headers: Mapping[str, str]
    signing_secret: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one webhook. `event` is the name on the wire; `next_attempt_at` is set while it waits."""

    id: UUID
    project_id: UUID
    webhook_id: UUID
    call_id: UUID | None
    event: str
    data: Mapping[str, Any]
    status: DeliveryStatus
    attempt_count: int
    created_at: datetime
    next_attempt_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryAttempt:
    """One try: the receiver's status, or in `error` why there was none."""

    started_at: datetime
    duration_ms: int
    http_status: int | None
    error: str | None

    @property
    def is_success(self) -> bool:
        """Whether the receiver took it."""
        return self.http_status is not None and HTTPStatus.OK <= self.http_status < HTTPStatus.MULTIPLE_CHOICES
