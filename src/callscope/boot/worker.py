"""A worker process from start to end."""

import asyncio
import gc
import os
import signal
import time

import structlog

from callscope.boot.database import open_database
from callscope.boot.logging import configure_logging
from callscope.boot.settings import Settings
from callscope.boot.stopping import StopRequests
from callscope.boot.tracing import open_tracing
from callscope.boot.wiring import open_wiring
from callscope.pipeline.app import create_app
from callscope.pipeline.child_process import get_ready
from callscope.pipeline.parent import end_with_parent
from callscope.pipeline.priority import stand_back
from callscope.pipeline.worker import WorkerRules, run_worker

log = structlog.get_logger(__name__)

BEHIND_ANSWERS = 5
"""Whoever sends a call does not come again, and whoever reads one waits; a job does not mind."""
ORPHAN_PAUSE_S = 2.0
OBJECTS_A_COLLECTION = 20_000
"""Batches are many thousand objects without a circle among them; to look for circles after every 700 of them, as the
interpreter would, takes a tenth of the time of scoring stored calls."""


def work(settings: Settings, *, parent_pid: int | None = None) -> None:
    """Take jobs until SIGTERM or SIGINT, or until the process `parent_pid` is gone.

    Raises what makes this worker unfit to go on; a fresh one takes its place and its jobs.
    """
    configure_logging(settings.log_format)
    stop_requests = StopRequests()
    if parent_pid is not None:
        end_with_parent(parent_pid, signal.SIGHUP)
    with open_database(settings) as database_url:
        # Not before: a database that this process starts would stand back with it.
        stand_back(BEHIND_ANSWERS)
        get_ready()
        asyncio.run(_work(settings, database_url, stop_requests))
        log.info("worker_stopped")
        if stop_requests.has_hung_up or (parent_pid is not None and os.getppid() != parent_pid):
            # The kernel tells of a parent's death before it closes the parent's files, and with them its hold.
            time.sleep(ORPHAN_PAUSE_S)


async def _work(settings: Settings, database_url: str, stop_requests: StopRequests) -> None:
    rules = WorkerRules(
        measure_concurrency=settings.analysis_concurrency,
        fetch_concurrency=settings.fetch_concurrency,
        heartbeat_s=settings.worker_heartbeat_s,
        stalled_after_s=settings.worker_stalled_after_s,
    )
    async with (
        open_tracing(settings, "worker") as tracers,
        open_wiring(settings, database_url, tracers=tracers) as wiring,
    ):
        context = wiring.pipeline_context()
        app = create_app(context, database_url=database_url)
        # What exists by now stays: the collector need not walk all of it again and again.
        gc.freeze()
        gc.set_threshold(OBJECTS_A_COLLECTION)
        await run_worker(app, context, rules, told_to_stop=stop_requests.told_in_loop())
