"""Traces: taken in whole, drained into spans, matched with their calls, and read."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.call import Call
from callscope.core.conversation import Conversation
from callscope.core.errors import NotFound
from callscope.core.jobs import JobName
from callscope.core.page import Page
from callscope.core.span_meaning import Attribution
from callscope.core.trace import Span
from callscope.core.trace_query import Trace, TraceKey, TraceQuery, TraceSummary
from callscope.services import analyses, calls, redaction, span_masking
from callscope.services.redaction import Kinds
from callscope.storage import jobs, notifications, spans, trace_links, trace_payloads, traces
from callscope.storage.trace_payloads import StoredPayload
from callscope.traces.attribution import attribute, can_be_laid_on
from callscope.traces.decode import decode_spans
from callscope.traces.errors import NotOtlp, PayloadTooLarge, UnsupportedMedia
from callscope.traces.inflate import inflate
from callscope.traces.matching import keys_of_spans
from callscope.traces.payload import MediaType, Payload, read_payload

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

SPANS_PER_STATEMENT = 2000
MAX_SPANS_READ = 100_000
EXPIRED_PER_TRANSACTION = 500


class TraceNotFound(NotFound):
    """No trace of that id is visible to this project."""


async def accept(
    session: "AsyncSession", *, project_id: UUID, media_type: MediaType, encoding: str, body: bytes, now: datetime
) -> None:
    """Store a payload as it came, and a job that drains it, in the caller's transaction."""
    await trace_payloads.add(
        session, project_id=project_id, media_type=media_type.value, encoding=encoding, body=body, received_at=now
    )


async def waiting_bytes(session: "AsyncSession") -> int:
    """Return how many bytes of payloads wait to be drained, of all projects."""
    return await trace_payloads.waiting_bytes(session)


async def wait_for_arrivals(session: "AsyncSession") -> None:
    """Return when every payload is committed that counts on the drain that begins now."""
    await trace_payloads.wait_for_arrivals(session)


async def drain(
    session: "AsyncSession", *, max_count: int, max_bytes: int, max_inflated_bytes: int, now: datetime
) -> int:
    """Turn the oldest payloads that wait into spans, and return how many payloads there were.

    A payload that cannot be read is marked with the reason; it was readable when it came in. Where its project masks,
    its bytes are not kept: they say everything.
    """
    claimed = await trace_payloads.claim(session, max_count=max_count, max_bytes=max_bytes)
    project_ids = {payload.project_id for payload in claimed}
    kinds_of = {project_id: await redaction.kinds_of(session, project_id) for project_id in project_ids}
    touched: dict[UUID, set[str]] = {}
    for payload in claimed:
        kinds, fault = kinds_of[payload.project_id], None
        try:
            written = await _write(session, payload, kinds, max_inflated_bytes=max_inflated_bytes, replaces=False)
            touched.setdefault(payload.project_id, set()).update(written)
        except (NotOtlp, PayloadTooLarge, UnsupportedMedia) as error:
            fault = error.message
        await trace_payloads.mark_drained(session, payload.id, at=now, fault=fault, keeps_body=not kinds)
    for project_id, trace_ids in touched.items():
        await spans.summarize(session, project_id, trace_ids, at=now)
    return len(claimed)


async def set_aside_oldest(session: "AsyncSession", *, reason: str, now: datetime) -> None:
    """Mark the oldest payload that waits as one nothing could be made of."""
    for payload in await trace_payloads.claim(session, max_count=1, max_bytes=1):
        kinds = await redaction.kinds_of(session, payload.project_id)
        await trace_payloads.mark_drained(session, payload.id, at=now, fault=reason, keeps_body=not kinds)


async def match_traces(session: "AsyncSession", *, now: datetime) -> None:
    """Link the traces that came in to calls that show the same keys, and queue these calls to be measured by them.

    The spans and keys must be committed.
    """
    await trace_links.match_traces(session, at=now)
    for project_id, call_id in await trace_links.settle(session):
        await _queue_measuring(session, project_id, call_id)


async def match_call(session: "AsyncSession", project_id: UUID, call_id: UUID, *, now: datetime) -> None:
    """Link a call to traces that show the same keys. The call must be committed."""
    await trace_links.match_call(session, call_id, at=now)
    await queue_measuring_if_linked(session, project_id, call_id)


async def queue_measuring_if_linked(session: "AsyncSession", project_id: UUID, call_id: UUID) -> None:
    """Queue a call that has traces to be measured by them, in the transaction that changed what they are laid on."""
    if await trace_links.of_call(session, project_id, call_id):
        await _queue_measuring(session, project_id, call_id)


async def queue_replay(session: "AsyncSession", *, received_from: datetime, received_before: datetime) -> int:
    """Queue a job that reads the kept payloads of a span of time again; return its id."""
    args = {"received_from": received_from.isoformat(), "received_before": received_before.isoformat()}
    return await jobs.defer(session, JobName.REPLAY_TRACES, args=args)


async def replayable(
    session: "AsyncSession", *, received_from: datetime, received_before: datetime, after: UUID | None, limit: int
) -> tuple[UUID, ...]:
    """Return kept payloads received in a span of time, oldest first, those after `after`."""
    return await trace_payloads.ids_between(
        session, received_from=received_from, received_before=received_before, after=after, limit=limit
    )


async def replay(session: "AsyncSession", payload_id: UUID, *, max_inflated_bytes: int, now: datetime) -> None:
    """Read a kept payload again and write its spans over those that are there."""
    payload = await trace_payloads.read(session, payload_id)
    if payload is None:
        return
    fault = None
    try:
        kinds = await redaction.kinds_of(session, payload.project_id)
        written = await _write(session, payload, kinds, max_inflated_bytes=max_inflated_bytes, replaces=True)
        await spans.summarize(session, payload.project_id, written, at=now)
    except (NotOtlp, PayloadTooLarge, UnsupportedMedia) as error:
        fault = error.message
    await trace_payloads.mark_drained(session, payload.id, at=now, fault=fault)


async def expire_traces(session: "AsyncSession", *, received_before: datetime) -> int:
    """Delete some traces that got their last span before a moment; return how many were."""
    return await traces.expire(session, received_before=received_before, limit=EXPIRED_PER_TRANSACTION)


async def expire_payloads(session: "AsyncSession", *, received_before: datetime) -> int:
    """Delete some drained payloads received before a moment; return how many were."""
    return await trace_payloads.expire(session, received_before=received_before, limit=EXPIRED_PER_TRANSACTION)


async def list_traces(session: "AsyncSession", project_id: UUID, query: TraceQuery) -> Page[TraceSummary]:
    """Return one page of the project's traces. Raises InvalidInput for a cursor of another list or order."""
    page = await traces.list_page(session, project_id, query)
    return replace(page, items=await _linked(session, project_id, page.items))


async def get_trace(session: "AsyncSession", project_id: UUID, trace_id: str) -> Trace:
    """Return a trace with its spans, at most `MAX_SPANS_READ`. Raises TraceNotFound."""
    summary = await get_summary(session, project_id, trace_id)
    return Trace(summary=summary, spans=await spans.of_traces(session, project_id, [trace_id], limit=MAX_SPANS_READ))


async def get_summary(session: "AsyncSession", project_id: UUID, trace_id: str) -> TraceSummary:
    """Return a trace without its spans. Raises TraceNotFound."""
    summary = await traces.get(session, project_id, trace_id)
    if summary is None:
        raise TraceNotFound(f"There is no trace {trace_id} in this project.", param="traceId")
    (linked,) = await _linked(session, project_id, (summary,))
    return linked


async def summaries_of_call(session: "AsyncSession", project_id: UUID, call_id: UUID) -> tuple[TraceSummary, ...]:
    """Return the traces of a call without their spans, by their start."""
    trace_ids = [link.trace_id for link in await trace_links.of_call(session, project_id, call_id)]
    return await _linked(session, project_id, await traces.summaries(session, project_id, trace_ids))


async def traces_of_call(session: "AsyncSession", project_id: UUID, call_id: UUID) -> tuple[Trace, ...]:
    """Return the traces of a call with their spans, by their start. Raises CallNotFound."""
    await calls.require_call(session, project_id, call_id)
    summaries = await summaries_of_call(session, project_id, call_id)
    of_trace: dict[str, list[Span]] = {summary.trace_id: [] for summary in summaries}
    for span in await spans.of_traces(session, project_id, list(of_trace), limit=MAX_SPANS_READ):
        of_trace[span.trace_id].append(span)
    return tuple(Trace(summary=summary, spans=tuple(of_trace[summary.trace_id])) for summary in summaries)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTraces:
    """The traces of a call, and what they explain of the time its caller waited."""

    traces: tuple[Trace, ...]
    attribution: Attribution


async def explain_call(session: "AsyncSession", project_id: UUID, call_id: UUID) -> CallTraces:
    """Return the traces of a call laid on its recording, each heard response time split. Raises CallNotFound."""
    call = await calls.get_call(session, project_id, call_id)
    found = await traces_of_call(session, project_id, call_id)
    conversation = await analyses.read_conversation(session, project_id, call_id)
    of_call = [span for trace in found for span in trace.spans]
    return CallTraces(traces=found, attribution=await _lay(of_call, call, conversation))


async def attribution_of(session: "AsyncSession", call: Call, conversation: Conversation | None) -> Attribution | None:
    """Return what the traces of a call explain of its responses, None when it has no trace."""
    links = await trace_links.of_call(session, call.project_id, call.id)
    if not links:
        return None
    trace_ids = [link.trace_id for link in links] if can_be_laid_on(conversation) else []
    of_call = await spans.of_traces(session, call.project_id, trace_ids, limit=MAX_SPANS_READ)
    return await _lay(of_call, call, conversation)


async def link(session: "AsyncSession", *, project_id: UUID, trace_id: str, call_id: UUID, now: datetime) -> None:
    """Link a trace and a call by hand. Raises TraceNotFound, CallNotFound."""
    await calls.require_call(session, project_id, call_id)
    await get_summary(session, project_id, trace_id)
    await trace_links.link_by_hand(session, project_id=project_id, trace_id=trace_id, call_id=call_id, at=now)
    await _queue_measuring(session, project_id, call_id)


async def unlink(session: "AsyncSession", *, project_id: UUID, trace_id: str, call_id: UUID) -> None:
    """Take a trace and a call apart, however they came together. Raises TraceNotFound when they were not linked."""
    if not await trace_links.unlink(session, project_id=project_id, trace_id=trace_id, call_id=call_id):
        raise TraceNotFound(f"The trace {trace_id} is not linked to the call {call_id}.", param="traceId")
    await _queue_measuring(session, project_id, call_id)


def open_payload(body: bytes, *, media_type: MediaType, encoding: str, max_inflated_bytes: int) -> Payload:
    """Return a payload as it came in, inflated and read. Raises NotOtlp, PayloadTooLarge, UnsupportedMedia."""
    return read_payload(inflate(body, encoding, max_bytes=max_inflated_bytes), media_type)


async def _write(
    session: "AsyncSession", stored: StoredPayload, kinds: Kinds, *, max_inflated_bytes: int, replaces: bool
) -> frozenset[str]:
    payload = await asyncio.to_thread(
        open_payload,
        stored.body,
        media_type=MediaType(stored.media_type),
        encoding=stored.encoding,
        max_inflated_bytes=max_inflated_bytes,
    )
    decoded = decode_spans(payload)
    written: frozenset[str] = frozenset()
    while some := await asyncio.to_thread(_take, decoded):
        keys: dict[str, set[TraceKey]] = keys_of_spans(some)
        masked = await asyncio.to_thread(span_masking.masked_spans, some, kinds)
        written |= await spans.insert(session, stored.project_id, masked, replaces=replaces)
        await trace_links.add_trace_keys(session, stored.project_id, keys)
    return written


async def _queue_measuring(session: "AsyncSession", project_id: UUID, call_id: UUID) -> None:
    await notifications.tell(session, project_id, call_id)
    args = {"project_id": str(project_id), "call_id": str(call_id)}
    # One after another: what the last one reads is what was committed last.
    await jobs.defer(session, JobName.MEASURE_TRACES, args=args, lock=f"trace-parts:{call_id}")


async def _lay(of_call: Sequence[Span], call: Call, conversation: Conversation | None) -> Attribution:
    started_unix_ms = call.started_at.timestamp() * 1000
    return await asyncio.to_thread(attribute, of_call, conversation, started_unix_ms=started_unix_ms)


def _take(decoded: Iterator[Span]) -> list[Span]:
    return list(islice(decoded, SPANS_PER_STATEMENT))


async def _linked(
    session: "AsyncSession", project_id: UUID, summaries: tuple[TraceSummary, ...]
) -> tuple[TraceSummary, ...]:
    links = await trace_links.of_traces(session, project_id, [summary.trace_id for summary in summaries])
    return tuple(replace(summary, links=links.get(summary.trace_id, ())) for summary in summaries)
