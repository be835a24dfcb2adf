"""The jobs about traces: payloads into spans, spans to their calls, and the end of what was kept long enough."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog

from callscope.core.errors import CallNotFound
from callscope.pipeline.context import PipelineContext
from callscope.services import trace_parts, traces
from callscope.storage.engine import is_away

log = structlog.get_logger(__name__)

PAYLOADS_PER_TRANSACTION = 64
BYTES_PER_TRANSACTION = 8 * 1024**2
REPLAYED_PER_READING = 500
SET_ASIDE = "An internal error kept this payload from being read. The worker's log names it under its trace job."


async def drain_traces(context: PipelineContext) -> None:
    """Turn every payload that waits into spans and match them, until none waits.

    A payload that breaks its transaction is set aside by itself, so that the others get through.
    """
    async with context.sessions.begin() as session:
        await traces.wait_for_arrivals(session)
    while True:
        count = await _drain_some(context)
        async with context.sessions.begin() as session:
            await traces.match_traces(session, now=context.clock.now())
        if count == 0:
            return
        log.info("trace_payloads_drained", payload_count=count)


async def replay_traces(context: PipelineContext, *, received_from: datetime, received_before: datetime) -> None:
    """Read the kept payloads of a span of time again; what is there is written over."""
    after: UUID | None = None
    while True:
        async with context.sessions() as session:
            payload_ids = await traces.replayable(
                session,
                received_from=received_from,
                received_before=received_before,
                after=after,
                limit=REPLAYED_PER_READING,
            )
        if not payload_ids:
            return
        after = payload_ids[-1]
        for payload_id in payload_ids:
            async with context.sessions.begin() as session:
                await traces.replay(
                    session, payload_id, max_inflated_bytes=context.traces.max_bytes, now=context.clock.now()
                )
        async with context.sessions.begin() as session:
            await traces.match_traces(session, now=context.clock.now())


async def measure_traces(context: PipelineContext, *, project_id: UUID, call_id: UUID) -> None:
    """Measure a call by its traces, or nothing when it was deleted meanwhile.

    Spans that break it leave the call as it was; the next that come in are tried anew.
    """
    try:
        async with context.sessions.begin() as session:
            await trace_parts.measure(session, project_id, call_id, now=context.clock.now())
    except CallNotFound:
        log.info("traces_of_deleted_call_left", call_id=str(call_id))
    except Exception as error:
        if is_away(error):
            raise
        log.exception("call_not_measured_by_traces", call_id=str(call_id))
    else:
        log.info("call_measured_by_traces", call_id=str(call_id))


async def expire_traces(context: PipelineContext) -> None:
    """Delete traces and payloads past their time, some at a time."""
    now, rules = context.clock.now(), context.traces
    for days, expire in (
        (rules.retention_days, traces.expire_traces),
        (rules.payload_retention_days, traces.expire_payloads),
    ):
        deleted_count, count = 0, -1
        while count != 0:
            async with context.sessions.begin() as session:
                count = await expire(session, received_before=now - timedelta(days=days))
            deleted_count += count
        log.info("traces_expired", what=expire.__name__, deleted_count=deleted_count)


async def _drain_some(context: PipelineContext) -> int:
    try:
        return await _drain(context, max_count=PAYLOADS_PER_TRANSACTION)
    except Exception as error:
        if is_away(error):
            raise
        log.warning("trace_payloads_broke_transaction", exc_info=error)
    return await _drain_oldest(context)


async def _drain_oldest(context: PipelineContext) -> int:
    try:
        return await _drain(context, max_count=1)
    except Exception as error:
        if is_away(error):
            raise
        log.exception("trace_payload_set_aside")
        async with context.sessions.begin() as session:
            await traces.set_aside_oldest(session, reason=SET_ASIDE, now=context.clock.now())
    return 1


async def _drain(context: PipelineContext, *, max_count: int) -> int:
    async with context.sessions.begin() as session:
        return await traces.drain(
            session,
            max_count=max_count,
            max_bytes=BYTES_PER_TRANSACTION,
            max_inflated_bytes=context.traces.max_bytes,
            now=context.clock.now(),
        )
