"""A worker: takes jobs until it is told to stop, and takes over what dead workers left."""

import asyncio
from dataclasses import dataclass
from typing import Any

import structlog
from procrastinate import App

from callscope.core.jobs import (
    AUDIO_QUEUE,
    EVENT_RETRIES_QUEUE,
    EVENTS_QUEUE,
    HEARING_QUEUE,
    LIFETIMES_QUEUE,
    LIVE_QUEUE,
    METRICS_QUEUE,
    NETWORK_QUEUE,
    SHORT_QUEUE,
    SPEECH_QUEUE,
    TRACES_QUEUE,
)
from callscope.pipeline.context import PipelineContext
from callscope.storage import jobs

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRules:
    """How a worker lives: how much of a kind it does at once, and when it is taken to be dead.

    A worker without a heartbeat for `stalled_after_s` is.
    """

    measure_concurrency: int = 1
    fetch_concurrency: int = 8
    live_concurrency: int = 2
    collect_concurrency: int = 2
    delivery_concurrency: int = 16
    heartbeat_s: float = 5.0
    stalled_after_s: float = 20.0
    poll_s: float = 2.0
    stop_grace_s: float = 15.0


class WorkerLost(Exception):
    """The worker could not record how a job ended; another one takes the job over."""


async def run_worker(app: App, context: PipelineContext, rules: WorkerRules, *, told_to_stop: asyncio.Event) -> None:
    """Work until told to stop; then finish what is under way within the grace, or put it back.

    Raises WorkerLost, or what the database raised, when the worker must be replaced by a fresh one.
    """
    lost = _watch_for_loss()
    async with app.open_async():
        hands = {
            SHORT_QUEUE: 1,
            NETWORK_QUEUE: rules.fetch_concurrency,
            AUDIO_QUEUE: rules.measure_concurrency,
            SPEECH_QUEUE: 1,
            TRACES_QUEUE: 1,
            METRICS_QUEUE: rules.collect_concurrency,
            LIVE_QUEUE: rules.live_concurrency,
            HEARING_QUEUE: 1,
            LIFETIMES_QUEUE: 1,
            EVENTS_QUEUE: rules.delivery_concurrency,
            EVENT_RETRIES_QUEUE: rules.delivery_concurrency,
        }
        lines = [_work(app, queue, rules, concurrency=concurrency) for queue, concurrency in hands.items()]
        tasks = [asyncio.create_task(line) for line in (*lines, _take_over_stalled(context, rules))]
        signals = [asyncio.create_task(signal.wait()) for signal in (told_to_stop, lost)]
        try:
            await asyncio.wait((*tasks, *signals), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*tasks, *signals):
                task.cancel()
            await asyncio.gather(*tasks, *signals, return_exceptions=True)
    if lost.is_set():
        raise WorkerLost("The end of a job could not be recorded.")
    for task in tasks:
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error


async def _work(app: App, queue: str, rules: WorkerRules, *, concurrency: int) -> None:
    await app.run_worker_async(
        queues=[queue],
        concurrency=concurrency,
        fetch_job_polling_interval=rules.poll_s,
        abort_job_polling_interval=rules.poll_s,
        update_heartbeat_interval=rules.heartbeat_s,
        stalled_worker_timeout=rules.stalled_after_s,
        shutdown_graceful_timeout=rules.stop_grace_s,
        delete_jobs="successful",
        install_signal_handlers=False,
    )


async def _take_over_stalled(context: PipelineContext, rules: WorkerRules) -> None:
    """Look for stalled jobs at every heartbeat. A task and no job: jobs wait while every hand is busy measuring."""
    while True:
        async with context.sessions.begin() as session:
            taken = await jobs.take_over_stalled(session, stalled_after_s=rules.stalled_after_s)
        if taken:
            log.warning("stalled_jobs_taken_over", job_ids=taken)
        await asyncio.sleep(rules.heartbeat_s)


def _watch_for_loss() -> asyncio.Event:
    """Return an event set when a job's end goes unrecorded: the job would look busy as long as this worker lives."""
    lost = asyncio.Event()

    def note(_loop: asyncio.AbstractEventLoop, details: dict[str, Any]) -> None:
        log.error("worker_lost_a_job", exc_info=details.get("exception"))
        lost.set()

    asyncio.get_running_loop().set_exception_handler(note)
    return lost
