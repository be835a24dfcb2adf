"""Traces to what is sent of them."""

from callscope.api.schemas.trace import (
    AlignmentRead,
    CallTracesRead,
    ResponseSplitRead,
    SpanEventRead,
    SpanMeaningRead,
    SpanRead,
    TraceLinkRead,
    TraceRead,
    TraceSummaryRead,
)
from callscope.core.span_meaning import Alignment, ResponseSplit, SpanMeaning, SpanPart
from callscope.core.trace import Span
from callscope.core.trace_query import NS_PER_MS, Trace, TraceSummary, to_datetime
from callscope.services.traces import CallTraces
from callscope.traces.meaning import meaning_of


def to_summary(summary: TraceSummary) -> TraceSummaryRead:
    """Return a trace as the list shows it."""
    return TraceSummaryRead(
        trace_id=summary.trace_id,
        root_name=summary.root_name,
        services=list(summary.services),
        started_at=to_datetime(summary.start_unix_ns),
        ended_at=to_datetime(summary.end_unix_ns),
        duration_ms=summary.duration_ns / NS_PER_MS,
        span_count=summary.span_count,
        error_count=summary.error_count,
        first_received_at=summary.first_received_at,
        last_received_at=summary.last_received_at,
        calls=[
            TraceLinkRead(
                call_id=link.call_id,
                matched_by=link.key,
                value=link.value,
                attribute=link.attribute,
                linked_at=link.linked_at,
            )
            for link in summary.links
        ],
    )


def to_trace(trace: Trace, alignment: Alignment | None = None) -> TraceRead:
    """Return a trace with its spans, at their places in the recording where the clocks are aligned."""
    summary = to_summary(trace.summary)
    return TraceRead(**summary.__dict__, spans=[_to_span(span, alignment) for span in trace.spans])


def to_call_traces(found: CallTraces) -> CallTracesRead:
    """Return the traces of a call with what they explain."""
    attribution = found.attribution
    return CallTracesRead(
        traces=[to_trace(trace, attribution.alignment) for trace in found.traces],
        alignment=None if attribution.alignment is None else _to_alignment(attribution.alignment),
        alignment_reason=attribution.reason,
        reported_parts=sorted(attribution.parts),
        responses=[_to_split(split) for split in attribution.splits],
    )


def _to_span(span: Span, alignment: Alignment | None) -> SpanRead:
    meaning = meaning_of(span)
    return SpanRead(
        span_id=span.span_id,
        parent_span_id=span.parent_span_id,
        name=span.name,
        kind=span.kind,
        service=span.origin.service_name,
        scope=span.origin.scope_name,
        status=span.status,
        status_message=span.status_message,
        start_time_unix_nano=str(span.start_unix_ns),
        end_time_unix_nano=str(span.end_unix_ns),
        duration_ms=span.duration_ns / NS_PER_MS,
        start_offset_ms=None if alignment is None else alignment.offset_ms(span.start_unix_ns),
        attributes=dict(span.attributes),
        resource=dict(span.origin.resource_attributes),
        events=[
            SpanEventRead(name=event.name, time_unix_nano=str(event.at_unix_ns), attributes=dict(event.attributes))
            for event in span.events
        ],
        meaning=None if meaning is None else _to_meaning(meaning),
    )


def _to_meaning(meaning: SpanMeaning) -> SpanMeaningRead:
    return SpanMeaningRead(
        part=meaning.part,
        convention=meaning.convention,
        first_output_ms=meaning.first_output_ms,
        reported_latency_ms=meaning.reported_latency_ms,
        model=meaning.model,
        provider=meaning.provider,
        input_tokens=meaning.input_tokens,
        output_tokens=meaning.output_tokens,
        text=meaning.text,
        tool_name=meaning.tool_name,
    )


def _to_alignment(alignment: Alignment) -> AlignmentRead:
    return AlignmentRead(
        method=alignment.method,
        sample0_unix_ms=alignment.sample_0_unix_ms,
        drift_ppm=alignment.drift_ppm,
        drift_uncertainty_ppm=alignment.drift_uncertainty_ppm,
        uncertainty_ms=alignment.uncertainty_ms,
        matched_onset_count=alignment.matched_onset_count,
        onset_count=alignment.onset_count,
    )


def _to_split(split: ResponseSplit) -> ResponseSplitRead:
    return ResponseSplitRead(
        turn_start_offset_ms=split.turn_start_offset_ms,
        heard_ms=split.heard_ms,
        end_of_turn_ms=split.taken_ms(SpanPart.END_OF_TURN),
        stt_ms=split.taken_ms(SpanPart.STT),
        llm_ms=split.taken_ms(SpanPart.LLM),
        tool_ms=split.taken_ms(SpanPart.TOOL),
        tts_ms=split.taken_ms(SpanPart.TTS),
        unexplained_ms=split.unexplained_ms,
        reported_ms=split.reported_ms,
        reason=split.reason,
    )
