"""The job that collects metrics: batch by batch, each committed by itself, until none is left or it is cancelled."""

from datetime import timedelta
from uuid import UUID

import structlog

from callscope.pipeline.context import PipelineContext
from callscope.pipeline.retries import requested_wait_s
from callscope.services import collection_batches, scoring
from callscope.services.judging import Judge

log = structlog.get_logger(__name__)

BATCHES_A_TURN = 10
"""After so many a job goes to the end of its line, so that a long one holds up no short one."""


async def collect_metrics(context: PipelineContext, judge: Judge, job_id: UUID) -> None:
    """Work on a collection job for a turn. What was committed before a crash is not done again."""
    with structlog.contextvars.bound_contextvars(collection_job_id=str(job_id)):
        for _ in range(BATCHES_A_TURN):
            async with context.sessions.begin() as session:
                batch = await collection_batches.begin(session, job_id, judge, now=context.clock.now())
            if batch is None:
                return
            scored = await scoring.score_batch(batch, judge, now=context.clock.now())
            wait_s = _wait_s(context, batch, scored)
            async with context.sessions.begin() as session:
                await collection_batches.record(session, batch, scored, now=context.clock.now())
                if scored.away is not None:
                    until = None if wait_s is None else context.clock.now() + timedelta(seconds=wait_s)
                    await collection_batches.postpone(session, batch.job, scored.away, until, now=context.clock.now())
            log.info("collection_batch_ended", item_count=len(scored.items), is_judge_away=scored.away is not None)
            if scored.away is not None:
                return
        async with context.sessions.begin() as session:
            await collection_batches.go_on_later(session, job_id)


def _wait_s(context: PipelineContext, batch: scoring.Batch, scored: scoring.Scored) -> float | None:
    if scored.away is None:
        return None
    since = batch.job.failing_since or context.clock.now()
    return context.retries.service_away.wait_after(
        batch.job.attempt_count + 1,
        elapsed_s=(context.clock.now() - since).total_seconds(),
        jitter=0.5,
        at_least_s=requested_wait_s(scored.away),
    )
