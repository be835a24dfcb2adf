"""Whom Callscope tells of what, and whom it asks to dial."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
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
class HttpRequestDefinition:
    """A request to send when a number is to be dialled; `body` may hold placeholders: `{{phoneNumberToDial}}`."""

    id: UUID
    scope: str
    url: str
    method: str
    headers: Mapping[str, str]
    body: str | None
    description: str | None
    signing_secret: str
    created_at: datetime
    updated_at: datetime
