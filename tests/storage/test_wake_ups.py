import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from callscope.core.jobs import QUEUE_OF_JOB, JobName
from callscope.storage.engine import session_factory
from callscope.storage.jobs import execute_with_job
from callscope.storage.statements import Statements

JOB = JobName.FETCH_RECORDING
PARTS = "WITH nothing AS (SELECT 1)"
ARGS = {"analysis_id": "0"}


class Worker:
    """Hears what a worker of the job library would hear."""

    def __init__(self, connection: psycopg.AsyncConnection) -> None:
        self._connection = connection

    async def heard(self, *, wait_s: float) -> list[str]:
        """Return the types of what was told; waits for one at most that long."""
        notifies = self._connection.notifies(timeout=wait_s, stop_after=1)
        return [json.loads(told.payload)["type"] async for told in notifies]


@asynccontextmanager
async def a_worker(engine: AsyncEngine) -> AsyncIterator[Worker]:
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(f'LISTEN "procrastinate_queue_v1#{QUEUE_OF_JOB[JOB]}"')
        yield Worker(connection)


async def count_jobs(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        found = await connection.exec_driver_sql("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
        return int(found.scalar_one())


async def test_a_statement_of_its_own_queues_in_silence_and_workers_are_told_afterwards(engine: AsyncEngine) -> None:
    statements = Statements(engine)
    async with a_worker(engine) as worker:
        for _ in range(3):
            await execute_with_job(statements, PARTS, {}, JOB, args=ARGS)
        assert await worker.heard(wait_s=0) == []
        assert await count_jobs(engine) == 3

        async with statements.wake_ups.running(statements):
            assert await worker.heard(wait_s=30) == ["job_inserted"]
        assert await worker.heard(wait_s=0) == []


async def test_a_transaction_tells_workers_itself_even_on_a_connection_that_was_silent(engine: AsyncEngine) -> None:
    await execute_with_job(Statements(engine), PARTS, {}, JOB, args=ARGS)
    async with a_worker(engine) as worker, session_factory(engine).begin() as session:
        await execute_with_job(session, PARTS, {}, JOB, args=ARGS)
        await session.commit()
        assert await worker.heard(wait_s=30) == ["job_inserted"]


async def test_a_word_that_cannot_be_sent_does_not_end_the_telling(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements, queue = Statements(engine), QUEUE_OF_JOB[JOB]
    sent: list[list[str]] = []

    async def refuse(_sql: str, parameters: dict[str, Any]) -> None:
        sent.append(parameters["queues"])
        monkeypatch.undo()
        statements.wake_ups.soon(queue)
        raise psycopg.OperationalError("away")

    monkeypatch.setattr(statements, "execute", refuse)
    statements.wake_ups.soon(queue)
    async with a_worker(engine) as worker, statements.wake_ups.running(statements):
        assert await worker.heard(wait_s=30) == ["job_inserted"]
    assert sent == [[queue]]
