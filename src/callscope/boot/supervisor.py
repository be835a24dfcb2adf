"""Worker processes beside the server: started, replaced when they die, stopped together."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping

import structlog

log = structlog.get_logger(__name__)

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 8.0
HEALTHY_AFTER_S = 10.0
"""A worker that lived so long is replaced at once; one that keeps dying is given ever longer pauses."""


class WorkerSupervisor:
    """Keeps `count` workers running between `start` and `stop`."""

    def __init__(self, count: int, environment: Mapping[str, str]) -> None:
        self._count = count
        self._environment = dict(environment)
        self._workers: set[asyncio.subprocess.Process] = set()
        self._keepers: list[asyncio.Task[None]] = []
        self._is_stopping = False

    def start(self) -> None:
        """Start the workers."""
        self._keepers = [asyncio.create_task(self._keep_one()) for _ in range(self._count)]

    async def stop(self, *, grace_s: float) -> None:
        """Ask every worker to stop, and kill what is left after the grace."""
        self._is_stopping = True
        for worker in self._workers:
            worker.terminate()
        if self._keepers:
            await asyncio.wait(self._keepers, timeout=grace_s)
        self.kill()
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)

    def kill(self) -> None:
        """Kill every worker that is left; their jobs are taken over when work goes on."""
        for worker in self._workers:
            worker.kill()

    async def _keep_one(self) -> None:
        clock, pause_s = asyncio.get_running_loop().time, FIRST_PAUSE_S
        while not self._is_stopping:
            started_at = clock()
            exit_code = await self._run_one()
            if self._is_stopping:
                return
            pause_s = FIRST_PAUSE_S if clock() - started_at > HEALTHY_AFTER_S else min(2 * pause_s, LONGEST_PAUSE_S)
            log.warning("worker_died", exit_code=exit_code, pause_s=pause_s)
            await asyncio.sleep(pause_s)

    async def _run_one(self) -> int:
        # A session of its own: a Ctrl-C on the terminal reaches the server alone, which stops the workers in order.
        worker = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "callscope", "worker", "--parent-pid", str(os.getpid())),
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        log.info("worker_started", pid=worker.pid)
        self._workers.add(worker)
        try:
            if self._is_stopping:
                worker.send_signal(signal.SIGTERM)
            return await worker.wait()
        finally:
            self._workers.discard(worker)
