"""A worker: takes jobs until it is told to stop, and takes over what dead workers left."""

import asyncio
from dataclasses import dataclass
from typing import Any

import structlog
from procrastinate import App

from callscope.pipeline.context import PipelineContext
from callscope.storage import jobs

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRules:
    """How a worker lives. A worker without a heartbeat for `stalled_after_s` is taken to be dead."""

    concurrency: int = 1
    heartbeat_s: float = 5.0
    stalled_after_s: float = 20.0
    poll_s: float = 2.0
    stop_grace_s: float = 15.0


class WorkerLost(Exception):
    """The worker could not record how a job ended; another one takes the job over."""


async def run_worker(app: App, context: PipelineContext, rules: WorkerRules) -> None:
    """Work until SIGTERM or SIGINT; then finish what is under way within the grace, or put it back.

    Raises WorkerLost, or what the database raised, when the worker must be replaced by a fresh one.
    """
    async with app.open_async():
        working = asyncio.create_task(_work(app, rules))
        taking_over = asyncio.create_task(_take_over_stalled(context, rules))
        lost = _watch_for_loss(working)
        try:
            await asyncio.wait((working, taking_over), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (taking_over, working):
                if not task.done():
                    task.cancel()
            await asyncio.gather(working, taking_over, return_exceptions=True)
    if lost.is_set():
        raise WorkerLost("The end of a job could not be recorded.")
    for task in (working, taking_over):
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error


async def _work(app: App, rules: WorkerRules) -> None:
    await app.run_worker_async(
        concurrency=rules.concurrency,
        fetch_job_polling_interval=rules.poll_s,
        abort_job_polling_interval=rules.poll_s,
        update_heartbeat_interval=rules.heartbeat_s,
        stalled_worker_timeout=rules.stalled_after_s,
        shutdown_graceful_timeout=rules.stop_grace_s,
        delete_jobs="successful",
    )


async def _take_over_stalled(context: PipelineContext, rules: WorkerRules) -> None:
    """Look for stalled jobs at every heartbeat. A task and no job: jobs wait while every hand is busy measuring."""
    while True:
        async with context.sessions.begin() as session:
            taken = await jobs.take_over_stalled(session, stalled_after_s=rules.stalled_after_s)
        if taken:
            log.warning("stalled_jobs_taken_over", job_ids=taken)
        await asyncio.sleep(rules.heartbeat_s)


def _watch_for_loss(working: "asyncio.Task[None]") -> asyncio.Event:
    """Stop the worker when a job's end goes unrecorded: the job would look busy for as long as this worker lives."""
    lost = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop(_loop: asyncio.AbstractEventLoop, details: dict[str, Any]) -> None:
        log.error("worker_lost_a_job", exc_info=details.get("exception"))
        lost.set()
        working.cancel()

    loop.set_exception_handler(stop)
    return lost
