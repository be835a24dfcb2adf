"""Traces as they are drawn: little of each span, so that tens of thousands of them open at once."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.call import Call
from callscope.core.span_meaning import Attribution
from callscope.core.trace import Span, SpanOutlines
from callscope.core.trace_query import TraceSummary
from callscope.services import analyses, calls, traces
from callscope.services.traces import MAX_SPANS_READ, TraceNotFound
from callscope.storage import attributions, spans, trace_links

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnTraces:
    """Traces with the outlines of their spans. `attribution` is None for a trace that is shown by itself."""

    summaries: tuple[TraceSummary, ...]
    outlines: SpanOutlines
    attribution: Attribution | None


async def draw_trace(session: "AsyncSession", project_id: UUID, trace_id: str) -> DrawnTraces:
    """Return a trace to draw by itself, at most `MAX_SPANS_READ` spans of it. Raises TraceNotFound."""
    summary = await traces.get_summary(session, project_id, trace_id)
    outlines = await spans.outline(session, project_id, [trace_id], limit=MAX_SPANS_READ)
    return DrawnTraces(summaries=(summary,), outlines=outlines, attribution=None)


async def draw_call(session: "AsyncSession", project_id: UUID, call_id: UUID) -> DrawnTraces:
    """Return the traces of a call to draw on its recording. Raises CallNotFound."""
    call = await calls.get_call(session, project_id, call_id)
    summaries = await traces.summaries_of_call(session, project_id, call_id)
    trace_ids = [summary.trace_id for summary in summaries]
    return DrawnTraces(
        summaries=summaries,
        outlines=await spans.outline(session, project_id, trace_ids, limit=MAX_SPANS_READ),
        attribution=await read_attribution(session, call),
    )


async def read_attribution(session: "AsyncSession", call: Call) -> Attribution | None:
    """Return what a call's traces explain of its waits, None for a call without traces."""
    attribution = await attributions.read(session, project_id=call.project_id, call_id=call.id)
    if attribution is not None:
        return attribution
    # Until it was measured by a trace that has just come in, the page works it out itself.
    conversation = await analyses.read_conversation(session, call.project_id, call.id)
    return await traces.attribution_of(session, call, conversation)


async def has_traces(session: "AsyncSession", project_id: UUID, call_id: UUID) -> bool:
    """Tell whether any trace belongs to a call."""
    return bool(await trace_links.of_call(session, project_id, call_id))


async def get_span(session: "AsyncSession", project_id: UUID, trace_id: str, span_id: str) -> Span:
    """Return one span whole. Raises TraceNotFound when there is no such span."""
    found = await spans.get(session, project_id, trace_id, span_id)
    if found is None:
        raise TraceNotFound(f"There is no span {span_id} in the trace {trace_id}.", param="spanId")
    return found
