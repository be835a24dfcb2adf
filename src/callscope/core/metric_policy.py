"""Which metrics are collected of which calls: policies, and the jobs that collect."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from callscope.core.metric import MetricValue
from callscope.core.metric_definition import MetricSource


class PolicyStatus(StrEnum):
    """Whether a policy is applied to calls that come in."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


class PolicyType(StrEnum):
    """Who made a policy: SYSTEM ones come with the service and cannot be changed."""

    SYSTEM = "SYSTEM"
    USER = "USER"


class ConditionType(StrEnum):
    """What of a call a condition looks at."""

    AGENT = "AGENT"
    CALL_SOURCE = "CALL_SOURCE"
    CALL_PROPERTY = "CALL_PROPERTY"
    INTEGRATION = "INTEGRATION"


class ConditionOperator(StrEnum):
    """How a property is compared."""

    EQUALS = "EQUALS"
    NOT_EQUALS = "NOT_EQUALS"
    CONTAINS = "CONTAINS"
    STARTS_WITH = "STARTS_WITH"
    GREATER_THAN = "GREATER_THAN"
    LESS_THAN = "LESS_THAN"
    GREATER_THAN_OR_EQUALS = "GREATER_THAN_OR_EQUALS"
    LESS_THAN_OR_EQUALS = "LESS_THAN_OR_EQUALS"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCondition:
    """One condition on a call. `key` is an agent's id, a source, an integration or a property's name."""

    type: ConditionType
    key: str
    operator: ConditionOperator | None = None
    value: str | None = None


class SettingName(StrEnum):
    """What a metric can be told where it is collected; a metric takes at most one of them."""

    VERIFIED_PROPERTIES = "verifiedProperties"
    EXCLUDED_PHRASES = "excludedPhrases"
    VOICEMAIL_SCRIPT = "voicemailScript"
    SCREENING_BRIEF = "screeningBrief"
    TOOL_DEFINITION_IDS = "toolDefinitionIds"
    KNOWLEDGE_BASE_DOCUMENT_IDS = "knowledgeBaseDocumentIds"

    @property
    def is_text(self) -> bool:
        """Whether its value is one text; it is a list of texts otherwise."""
        return self in (SettingName.VOICEMAIL_SCRIPT, SettingName.SCREENING_BRIEF)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSetting:
    """What one metric is told: one text, or several."""

    name: SettingName
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedMetric:
    """A metric to collect, and its setting where it has one.

    `is_read_only` marks one that nobody asked for but another one reads: where a call has values of it, they are taken.
    """

    source: MetricSource
    setting: MetricSetting | None = None
    is_read_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricPolicy:
    """Metrics to collect of every call that fits. Groups of conditions are alternatives; within one, all must hold.

    Without groups every call fits.
    """

    id: UUID
    name: str
    type: PolicyType
    status: PolicyStatus
    metrics: tuple[CollectedMetric, ...]
    groups: tuple[tuple[PolicyCondition, ...], ...]
    created_at: datetime
    updated_at: datetime


class CollectionStatus(StrEnum):
    """Where a job stands. The last three are final."""

    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"

    @property
    def is_final(self) -> bool:
        """Whether nothing will be done any more."""
        return self in (CollectionStatus.COMPLETED, CollectionStatus.FAILED, CollectionStatus.CANCELED)


class CollectionTrigger(StrEnum):
    """What started a job."""

    USER_MANUAL = "USER_MANUAL"
    USER_API = "USER_API"
    METRIC_POLICY = "METRIC_POLICY"


class ItemStatus(StrEnum):
    """Where one metric of one call of a job stands."""

    PENDING = "PENDING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"
    """Not reached before the job was cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionJob:
    """A job that collects metrics of calls; an item is one metric of one call.

    `metrics` are in the order they are computed in. `attempt_count` counts tries in a row that found the judge away,
    `failing_since` is the first of them.
    """

    id: UUID
    project_id: UUID
    status: CollectionStatus
    triggered_by: CollectionTrigger
    policy_ids: tuple[UUID, ...]
    metrics: tuple[CollectedMetric, ...]
    total_items: int
    completed_items: int
    failed_items: int
    error_message: str | None
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    updated_at: datetime
    attempt_count: int = 0
    failing_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedItem:
    """One metric of one call of a job that ended: `ordinal` is the metric's place in the job's `metrics`.

    `values` are what it gave; `error` says why it failed.
    """

    call_id: UUID
    ordinal: int
    status: ItemStatus
    error: str | None
    values: tuple[MetricValue, ...]
    computed_at: datetime | None
