"""The job that has the judge write a call's title and summary."""

from datetime import timedelta
from uuid import UUID

import structlog

from callscope.metrics.judging.answer import AnswerRejected
from callscope.metrics.judging.description import describe
from callscope.outbound.errors import FetchFailed, ServiceAway
from callscope.pipeline.context import PipelineContext
from callscope.pipeline.retries import requested_wait_s
from callscope.services import judged_summaries
from callscope.services.judging import Judge

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 8


async def describe_call(
    context: PipelineContext, judge: Judge, project_id: UUID, call_id: UUID, *, attempt_count: int
) -> None:
    """Replace title and summary that were picked from the words. Where the judge fails for good, those stay."""
    async with context.sessions() as session:
        undescribed = await judged_summaries.read_undescribed(session, project_id, call_id, judge)
    if undescribed is None:
        return
    dialogue = describe(undescribed.lines, judge.manner(undescribed.endpoint))
    try:
        heard = await judge.hold(undescribed.endpoint, dialogue)
    except ServiceAway as away:
        await _try_later(context, project_id, call_id, away, attempt_count=attempt_count + 1)
        return
    except (FetchFailed, AnswerRejected) as error:
        log.warning("call_not_described", call_id=str(call_id), error_type=type(error).__name__)
        return
    async with context.sessions.begin() as session:
        await judged_summaries.record(session, undescribed, heard.result, heard.usage, judge, now=context.clock.now())


async def _try_later(
    context: PipelineContext, project_id: UUID, call_id: UUID, away: ServiceAway, *, attempt_count: int
) -> None:
    wait_s = context.retries.service_away.wait_after(
        attempt_count, elapsed_s=0, jitter=0.5, at_least_s=requested_wait_s(away)
    )
    if wait_s is None or attempt_count >= MOST_ATTEMPTS:
        log.warning("call_not_described", call_id=str(call_id), error_type=type(away).__name__)
        return
    async with context.sessions.begin() as session:
        await judged_summaries.queue(
            session,
            project_id,
            call_id,
            attempt_count=attempt_count,
            schedule_at=context.clock.now() + timedelta(seconds=wait_s),
        )
