"""One way to run any stage: see whether it is still to be done, work, then commit results and next job at once."""

import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

import structlog

from callscope.core.analysis import Analysis, Stage
from callscope.core.errors import CallscopeError
from callscope.pipeline.context import PipelineContext
from callscope.pipeline.job_spans import note, note_failure, step
from callscope.pipeline.retries import requested_wait_s
from callscope.services import analyses, metric_collection

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

log = structlog.get_logger(__name__)

MOST_TAKE_OVERS = 6
"""A stage that was under way when its worker died that often is taken to be what killed it."""


class StageResults(Protocol):
    """What a stage found, not yet written."""

    async def save(self, session: "AsyncSession", analysis: Analysis) -> None:
        """Write the results; whoever calls commits."""
        ...

    async def discard(self) -> None:
        """Undo what lies outside the database: the stage was done by another, or is not wanted any more."""
        ...


Work = Callable[[PipelineContext, Analysis], Awaitable[StageResults]]


class WorkersDied(CallscopeError):
    """Every worker that took up the stage died over it."""

    code = "workers_died"

    def __init__(self, count: int) -> None:
        super().__init__(
            f"The worker stopped {count} times while it was at this stage, so it was given up. "
            "The worker's log of that time says more."
        )


async def run_stage(
    context: PipelineContext, stage: Stage, analysis_id: UUID, work: Work, *, take_over_count: int
) -> None:
    """Run a stage of an analysis, or nothing when it is done, cancelled or gone.

    A failure is settled here: the stage is tried again later, or the analysis fails with a reason for a person. What
    cannot even be settled (the database is away) is raised.
    """
    async with context.sessions() as session:
        analysis = await analyses.open_at(session, analysis_id, stage)
    if analysis is None:
        note(outcome="not_needed")
        return
    note(
        project_id=str(analysis.project_id),
        call_id=str(analysis.call_id),
        stage=stage.value,
        stage_attempt=analysis.attempt_count + 1,
    )
    with structlog.contextvars.bound_contextvars(
        analysis_id=str(analysis_id), call_id=str(analysis.call_id), stage=stage.value
    ):
        try:
            _refuse_poison(take_over_count)
            results = await work(context, analysis)
            await _commit(context, stage, analysis_id, results)
        except Exception as error:  # noqa: BLE001 - every failure of a stage is settled in its analysis
            await _settle(context, stage, analysis_id, error)


def _refuse_poison(take_over_count: int) -> None:
    if take_over_count >= MOST_TAKE_OVERS:
        raise WorkersDied(take_over_count)


async def _commit(context: PipelineContext, stage: Stage, analysis_id: UUID, results: StageResults) -> None:
    with step(context.tracer, "results.store"):
        claimed = await _save(context, stage, analysis_id, results)
    if claimed is None:
        await results.discard()
        log.info("stage_results_discarded")
    else:
        log.info("stage_completed")
    note(outcome="discarded" if claimed is None else "completed")


async def _save(context: PipelineContext, stage: Stage, analysis_id: UUID, results: StageResults) -> Analysis | None:
    """Write the results and go on to the next stage; return None when the stage is not to be done any more."""
    async with context.sessions.begin() as session:
        claimed = await analyses.claim(session, analysis_id, stage)
        if claimed is not None:
            await results.save(session, claimed)
            await analyses.advance(session, claimed, at=context.clock.now())
    return claimed


async def _settle(context: PipelineContext, stage: Stage, analysis_id: UUID, error: Exception) -> None:
    now = context.clock.now()
    async with context.sessions.begin() as session:
        claimed = await analyses.claim(session, analysis_id, stage)
        if claimed is None:
            return
        wait_s = context.retries.schedule_for(error).wait_after(
            claimed.attempt_count + 1,
            elapsed_s=(now - claimed.stage_entered_at).total_seconds(),
            jitter=random.random(),  # noqa: S311 - spreads load, guards nothing
            at_least_s=requested_wait_s(error),
        )
        if wait_s is None and stage.is_optional:
            await analyses.pass_over(session, claimed, reason=_reason(error), at=now)
        elif wait_s is None:
            await analyses.fail(session, claimed, reason=_reason(error), at=now)
            # Without a recording there is still what was said.
            await metric_collection.collect_after_analysis(session, claimed, context.judge, now=now)
        else:
            await analyses.postpone(session, claimed, reason=_reason(error), until=now + timedelta(seconds=wait_s))
    _tell_failure(error, wait_s)


def _reason(error: Exception) -> str:
    if isinstance(error, CallscopeError):
        return error.message
    return "An internal error stopped this stage. The worker's log names it under the id of this analysis."


def _tell_failure(error: Exception, wait_s: float | None) -> None:
    event, outcome = ("stage_given_up", "given_up") if wait_s is None else ("stage_postponed", "postponed")
    if isinstance(error, CallscopeError):
        log.warning(event, code=error.code, wait_s=wait_s)
        note_failure(outcome, error.code)
    else:
        log.error(event, wait_s=wait_s, exc_info=error)
        note_failure(outcome, type(error).__qualname__)
