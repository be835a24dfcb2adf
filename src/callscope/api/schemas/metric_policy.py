"""Metric policies and collection jobs: bodies and answers."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from callscope.api.schemas.base import STAYS, InputModel, OutputModel
from callscope.api.schemas.fields import Label, PointInTime
from callscope.api.schemas.metrics import FlatMetricRead
from callscope.core.metric_policy import (
    CollectionStatus,
    CollectionTrigger,
    ConditionOperator,
    ConditionType,
    PolicyStatus,
    PolicyType,
)

MAX_TEXT_LENGTH = 4000
MAX_METRICS = 500
MAX_JOB_METRICS = 20
MAX_JOB_CALLS = 500
MAX_GROUPS = 50
MAX_BACKFILL_CALLS = 100_000

Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT_LENGTH)]
Texts = Annotated[list[Text], Field(max_length=100)]


class SettingInput(InputModel):
    """What a metric is told where it is collected; each metric takes at most one of these."""

    verified_properties: Texts | None = None
    excluded_phrases: Texts | None = None
    voicemail_script: Text | None = None
    screening_brief: Text | None = None
    tool_definition_ids: Texts | None = Field(default=None, description="Names of tools to score; empty scores all.")
    knowledge_base_document_ids: Texts | None = None


class PolicyMetricInput(InputModel):
    """A metric to collect."""

    id: Label = Field(description="Its id or slug.")
    settings: SettingInput | None = None


class ConditionInput(InputModel):
    """A condition on a call."""

    condition_type: ConditionType
    condition_key: Label = Field(description="The agent's id, the source, the integration, or the property's name.")
    condition_operator: ConditionOperator | None = Field(default=None, description="Required for CALL_PROPERTY.")
    condition_value: str | None = Field(default=None, max_length=MAX_TEXT_LENGTH)


class GroupInput(InputModel):
    """Conditions that must all hold."""

    conditions: list[ConditionInput] = Field(min_length=1, max_length=MAX_GROUPS)


Groups = Annotated[
    list[GroupInput], Field(max_length=MAX_GROUPS, description="Any group that holds is enough; none: every call.")
]


class PolicyCreate(InputModel):
    """Metrics to collect of every call that fits."""

    name: Label
    modality: Literal["call"] = Field(description="`call`: this service has no chats.")
    status: PolicyStatus = PolicyStatus.ACTIVE
    metrics: list[PolicyMetricInput] = Field(min_length=1, max_length=MAX_METRICS)
    conditions: Groups = Field(default_factory=list)


class PolicyUpdate(InputModel):
    """What to change of a policy; what is left out stays."""

    name: Label = STAYS
    status: PolicyStatus = STAYS
    metrics: Annotated[list[PolicyMetricInput], Field(min_length=1, max_length=MAX_METRICS)] = STAYS
    conditions: Groups = STAYS


class SettingRead(OutputModel):
    """What a metric is told; the others are left out."""

    verified_properties: list[str] | None = None
    excluded_phrases: list[str] | None = None
    voicemail_script: str | None = None
    screening_brief: str | None = None
    tool_definition_ids: list[str] | None = None
    knowledge_base_document_ids: list[str] | None = None


class PolicyMetricRead(OutputModel):
    """A metric that is collected."""

    id: UUID
    settings: SettingRead | None


class ConditionRead(OutputModel):
    """A condition on a call."""

    condition_type: ConditionType
    condition_key: str
    condition_operator: ConditionOperator | None
    condition_value: str | None


class GroupRead(OutputModel):
    """Conditions that must all hold."""

    conditions: list[ConditionRead]


class PolicyRead(OutputModel):
    """A policy."""

    id: UUID
    name: str
    type: PolicyType
    status: PolicyStatus
    modality: Literal["call"]
    metrics: list[PolicyMetricRead]
    conditions: list[GroupRead] | None = Field(description="Null: every call.")
    created_at: datetime
    updated_at: datetime


class PolicyDeleted(OutputModel):
    """The answer to a deletion."""

    deleted: Literal[True]


class JobMetricInput(InputModel):
    """A metric to collect."""

    id: Label = Field(description="Its id or slug.")


class JobCreate(InputModel):
    """Calls to score anew."""

    exclusive: ClassVar[tuple[tuple[str, str], ...]] = (("call_ids", "chat_ids"),)

    call_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=MAX_JOB_CALLS)
    chat_ids: list[Any] | None = Field(default=None, description="This service has no chats.")
    metrics: list[JobMetricInput] | None = Field(
        default=None, min_length=1, max_length=MAX_JOB_METRICS, description="Required unless `policyId` is given."
    )
    policy_id: UUID | None = Field(default=None, description="Score with the settings of this policy.")


class JobRead(OutputModel):
    """A job that collects metrics. An item is one metric of one call."""

    id: UUID
    status: CollectionStatus
    total_items: int
    completed_items: int
    failed_items: int
    error_message: str | None
    policy_ids: list[UUID]
    triggered_by: CollectionTrigger
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    updated_at: datetime


class BackfillCreate(InputModel):
    """Which stored calls to score: the last ones, or those of a stretch of time; a policy's conditions count."""

    last_calls: int | None = Field(default=None, ge=1, le=MAX_BACKFILL_CALLS)
    started_from: PointInTime | None = None
    started_before: PointInTime | None = None
    estimate_only: bool = Field(default=False, description="Tell what it would cost, and start nothing.")


class BackfillEstimate(OutputModel):
    """What a backfill comes to before it is started."""

    calls: int
    items: int
    judged_items: int = Field(description="Items that a judge is asked about; all others cost nothing.")
    prompt_tokens: int
    completion_tokens: int
    amount_usd: float
    amount_usd_micros: int
    basis: str = Field(description="What the tokens were estimated from.")


class BackfillRead(OutputModel):
    """The job of a backfill, null where only an estimate was asked for or no call fits."""

    estimate: BackfillEstimate
    metric_collection_job: JobRead | None


class JobValueRead(FlatMetricRead):
    """A value that a job collected."""

    call_id: UUID


class JobValues(OutputModel):
    """What a job collected of some of its calls, by call."""

    data: list[JobValueRead]
    next_cursor: UUID | None = Field(description="Send it as `after` for the next calls; null on the last page.")
