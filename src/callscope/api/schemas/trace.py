"""Traces as they are read."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from callscope.api.schemas.base import InputModel, OutputModel
from callscope.core.span_meaning import AlignmentMethod, Convention, SpanPart
from callscope.core.trace import SpanKind, SpanStatus
from callscope.core.trace_query import MatchKey


class TraceLinkRead(OutputModel):
    """A call the trace belongs to, and by what it was found to."""

    call_id: UUID
    matched_by: MatchKey
    value: str = Field(description="The key's value; empty for a link made by hand.")
    attribute: str = Field(description="The attribute of the trace that showed it; empty for a link made by hand.")
    linked_at: datetime


class TraceSummaryRead(OutputModel):
    """A trace as far as its spans have come in."""

    trace_id: str
    root_name: str | None = Field(description="Null until a span without a parent has come in.")
    services: list[str]
    started_at: datetime
    ended_at: datetime
    duration_ms: float
    span_count: int
    error_count: int
    first_received_at: datetime
    last_received_at: datetime
    calls: list[TraceLinkRead]


class SpanEventRead(OutputModel):
    """A moment inside a span."""

    name: str
    time_unix_nano: str
    attributes: dict[str, Any]


class SpanMeaningRead(OutputModel):
    """What the span is in a voice agent, read by the names of the library that made it."""

    part: SpanPart
    convention: Convention
    first_output_ms: float | None = Field(description="From the span's start to its first token, byte or word.")
    reported_latency_ms: float | None = Field(description="What the agent itself says a turn's answer took.")
    model: str | None
    provider: str | None
    input_tokens: int | None
    output_tokens: int | None
    text: str | None
    tool_name: str | None


class SpanRead(OutputModel):
    """One span. Points in time are nanoseconds since 1970 on the sender's clock, as decimal digits."""

    span_id: str
    parent_span_id: str | None
    name: str
    kind: SpanKind
    service: str
    scope: str
    status: SpanStatus
    status_message: str
    start_time_unix_nano: str
    end_time_unix_nano: str
    duration_ms: float
    start_offset_ms: float | None = Field(description="Place in the recording; null where the clocks are not aligned.")
    attributes: dict[str, Any]
    resource: dict[str, Any]
    events: list[SpanEventRead]
    meaning: SpanMeaningRead | None = Field(description="Null for a span that no known convention names.")


class TraceRead(TraceSummaryRead):
    """A trace with its spans, by their start."""

    spans: list[SpanRead]


class AlignmentRead(OutputModel):
    """The trace's clock on the recording's axis."""

    method: AlignmentMethod
    sample0_unix_ms: float = Field(description="The trace time of recording sample 0, in milliseconds since 1970.")
    drift_ppm: float | None = Field(description="Null where it cannot be told from none.")
    drift_uncertainty_ppm: float | None = Field(description="Null where the call is too short to tell.")
    uncertainty_ms: float = Field(description="Positions in the recording are good to plus or minus this.")
    matched_onset_count: int
    onset_count: int


class ResponseSplitRead(OutputModel):
    """One heard response time of the agent. The parts and the remainder add up to `heardMs`."""

    turn_start_offset_ms: int
    heard_ms: int
    end_of_turn_ms: int | None
    stt_ms: int | None
    llm_ms: int | None
    tool_ms: int | None
    tts_ms: int | None
    unexplained_ms: int | None = Field(description="Transport, buffering, playout, and whatever has no span.")
    reported_ms: int | None = Field(description="What the agent itself reported; not to be added to anything.")
    reason: str | None = Field(description="Why there is no split.")


class CallTracesRead(OutputModel):
    """The traces of a call, laid on its recording."""

    traces: list[TraceRead]
    alignment: AlignmentRead | None
    alignment_reason: str | None = Field(description="Why the trace could not be laid on the recording.")
    reported_parts: list[SpanPart] = Field(
        description="Parts the traces have spans of; of any other, zero milliseconds mean that nothing is known."
    )
    responses: list[ResponseSplitRead]


class TraceLinkCreate(InputModel):
    """A call that a trace belongs to, because somebody says so."""

    call_id: UUID


class TraceLinked(OutputModel):
    """A link made or removed."""

    trace_id: str
    call_id: UUID
    linked: bool
