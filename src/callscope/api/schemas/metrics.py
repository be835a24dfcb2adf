"""Metric values as they are read. Fields that do not apply to a value are left out, not null."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from callscope.api.schemas.base import OutputModel
from callscope.core.metric import MetricContext, MetricScope, ValueState, ValueType, VerdictKind


class SegmentRead(OutputModel):
    """A stretch of the call and the words spoken in it."""

    id: UUID
    text: str
    start_offset_ms: int
    end_offset_ms: int


class EvidenceSpanRead(OutputModel):
    """A stretch that decided a value."""

    from_segment: SegmentRead
    to_segment: SegmentRead
    reason: str


class UnitRead(OutputModel):
    """The unit of a metric."""

    name: str
    symbol: str | None


class PropertyVerdictRead(OutputModel):
    """What the transcript says of one property of the call."""

    property_name: str
    expected_value: str
    verdict: VerdictKind
    observed_value: str | None = Field(default=None, description="Only beside MISMATCH.")
    reasoning: str
    segment: SegmentRead | None = None


class MetricValueRead(OutputModel):
    """One value."""

    capture_status: ValueState
    value: float | bool | str | None = Field(default=None, description="Only beside SUCCESS.")
    confidence: float | None = Field(default=None, description="0 to 1; only beside SUCCESS.")
    value_reasoning: str | None = Field(default=None, description="How the value came about, or why there is none.")
    error_message: str | None = Field(default=None, description="Only beside ERROR.")
    computed_at: datetime
    context: MetricContext
    participant_role: Literal["agent", "customer"] | None = Field(
        default=None, description="Of per-participant metrics."
    )
    segment: SegmentRead | None = Field(default=None, description="Of SEGMENT values.")
    from_segment: SegmentRead | None = Field(default=None, description="Of SEGMENT_RANGE values.")
    to_segment: SegmentRead | None = Field(default=None, description="Of SEGMENT_RANGE values.")
    evidence_spans: list[EvidenceSpanRead] | None = None
    property_verdicts: list[PropertyVerdictRead] | None = Field(
        default=None, description="Of `property_transcript_mismatch`."
    )
    policy_ids: list[UUID] | None = Field(default=None, description="The policies it was collected for.")


class MetricHead(OutputModel):
    """What a metric is."""

    metric_definition_id: UUID
    slug: str
    metric_id: str = Field(description="The same as `slug`.")
    name: str
    description: str
    type: ValueType
    scope: MetricScope
    unit: UnitRead | None = None


class MetricGroupRead(MetricHead):
    """A metric and its values in one call."""

    values: list[MetricValueRead]


class FlatMetricRead(MetricHead, MetricValueRead):
    """One value together with what its metric is."""


class MetricGroups(OutputModel):
    """The answer, one item per metric."""

    data: list[MetricGroupRead]


class FlatMetrics(OutputModel):
    """The answer with `flatten=true`, one item per value."""

    data: list[FlatMetricRead]
