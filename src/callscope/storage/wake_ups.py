"""Word to workers that jobs wait, sent apart from the transactions that queue them.

PostgreSQL lets only one transaction at a time commit that has something to NOTIFY: with the job library's own trigger,
calls that come in side by side would wait for each other's write to the disk. A word that is not sent loses nothing,
for workers also look by themselves every few seconds.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import psycopg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from callscope.storage.engine import to_json

if TYPE_CHECKING:
    from callscope.storage.statements import Statements

PAUSE_S = 0.02
"""Between two words: under load one is for many jobs."""
_TELL = """
    SELECT set_config('synchronous_commit', 'off', true),
        pg_notify('procrastinate_queue_v1#' || queue, %(payload)s) FROM unnest(%(queues)s::text[]) AS queue
"""
# What the job library's workers read. They take whatever waits in the queue, whichever job the word is about.
_PAYLOAD = to_json({"type": "job_inserted", "job_id": 0})

log = structlog.get_logger()


class WakeUps:
    """The queues that workers are to be told of. Nobody is told unless `running`."""

    def __init__(self) -> None:
        self._queues: set[str] = set()
        self._is_any = asyncio.Event()

    def soon(self, queue: str) -> None:
        """Have workers told that a job waits in `queue`. Its transaction must have committed."""
        self._queues.add(queue)
        self._is_any.set()

    @asynccontextmanager
    async def running(self, statements: "Statements") -> AsyncIterator[None]:
        """Tell workers as long as the block lasts."""
        telling = asyncio.create_task(self._tell_all(statements))
        try:
            yield
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)

    async def _tell_all(self, statements: "Statements") -> None:
        while True:
            await self._is_any.wait()
            self._is_any.clear()
            queues, self._queues = self._queues, set()
            try:
                await statements.execute(_TELL, {"payload": _PAYLOAD, "queues": sorted(queues)})
            except (psycopg.Error, SQLAlchemyError, OSError) as error:
                log.warning("workers_not_told", queues=sorted(queues), reason=str(error))
            await asyncio.sleep(PAUSE_S)
