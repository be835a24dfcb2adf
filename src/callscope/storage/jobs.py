"""The door to the job queue: jobs that commit with their rows, and the take-over of what a dead worker left."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from procrastinate.types import JSONValue
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from callscope.core.jobs import QUEUE_OF_JOB, TRACE_ARGUMENT, JobName
from callscope.core.trace_parent import current_trace_parent
from callscope.storage.engine import to_json
from callscope.storage.statements import Statements, execute_prepared

_DEFER = """
    SELECT (procrastinate_defer_jobs_v1(ARRAY[
        ROW(
            %(queue)s, %(task_name)s, %(priority)s, %(lock)s, %(queueing_lock)s, %(args)s::jsonb, %(scheduled_at)s
        )::procrastinate_job_to_defer_v1
    ]))[1]
"""
# The library's own function, called without the library: its connector takes longer than the statement.
_DEFER_QUIETLY = f"{_DEFER} WHERE set_config('callscope.wakes_later', 'on', true) = 'on'"
# The condition is evaluated before the job is inserted, and the trigger that tells workers then keeps silent.


async def execute_with_job(
    where: AsyncSession | Statements,
    parts: str,
    parameters: Mapping[str, Any],
    task_name: JobName,
    *,
    args: Mapping[str, JSONValue],
    lock: str | None = None,
) -> None:
    """Run `parts`, a WITH clause that inserts rows, and queue a job, all in one statement.

    Raises psycopg's own errors.
    """
    all_parameters = {**parameters, **_parameters(task_name, args=args, lock=lock)}
    if isinstance(where, Statements):
        await where.execute(parts + _DEFER_QUIETLY, all_parameters)
        where.wake_ups.soon(QUEUE_OF_JOB[task_name])
    else:
        await execute_prepared(where, parts + _DEFER, all_parameters)


async def defer(
    session: AsyncSession,
    task_name: JobName,
    *,
    args: Mapping[str, JSONValue],
    lock: str | None = None,
    queueing_lock: str | None = None,
    schedule_at: datetime | None = None,
    priority: int = 0,
) -> int:
    """Queue a job inside the session's transaction and return its id: it exists if, and only if, that commits.

    Jobs of one `lock` never run at the same time; of one `queueing_lock` only one may wait.
    """
    parameters = _parameters(
        task_name,
        args=args,
        lock=lock,
        queueing_lock=queueing_lock,
        schedule_at=schedule_at,
        priority=priority,
    )
    found = await execute_prepared(session, _DEFER, parameters)
    if found is None:
        raise RuntimeError("the job queue gave no job id")
    return int(found[0])


async def is_waiting(session: AsyncSession, task_name: JobName) -> bool:
    """Tell whether a job of that name could start now."""
    query = text(
        "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE task_name = :name AND queue_name = :queue"
        " AND status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()))"
    )
    found = await session.execute(query, {"name": task_name.value, "queue": QUEUE_OF_JOB[task_name]})
    return bool(found.scalar_one())


def _parameters(
    task_name: JobName,
    *,
    args: Mapping[str, JSONValue],
    lock: str | None = None,
    queueing_lock: str | None = None,
    schedule_at: datetime | None = None,
    priority: int = 0,
) -> dict[str, Any]:
    trace_parent = current_trace_parent()
    if trace_parent is not None:
        args = {**args, TRACE_ARGUMENT: trace_parent}
    return {
        "task_name": task_name.value,
        "queue": QUEUE_OF_JOB[task_name],
        "priority": priority,
        "lock": lock,
        "queueing_lock": queueing_lock,
        "args": to_json(args),
        "scheduled_at": schedule_at,
    }


async def take_over_stalled(session: AsyncSession, *, stalled_after_s: float) -> list[int]:
    """Put the jobs of workers without a heartbeat for that long back into the queue; return their ids.

    A heartbeat that lies ahead is from before the clock was set back, and as old as any. So too those that failed: ours
    never do, but for a worker of an older release that does not know them. Rows that another worker is taking over at
    this moment are skipped, so that no job is put back twice.
    """
    rows = await session.execute(
        text(
            """
            WITH stalled AS MATERIALIZED (
                SELECT job.id
                FROM procrastinate_jobs AS job
                LEFT JOIN procrastinate_workers AS worker ON worker.id = job.worker_id
                WHERE job.status = 'doing'
                    AND (
                        worker.id IS NULL
                        OR abs(extract(epoch FROM now() - worker.last_heartbeat)) > :stalled_after_s
                    )
                  OR job.status = 'failed' AND job.task_name = ANY(:known_names)
                FOR UPDATE OF job SKIP LOCKED
            )
            SELECT stalled.id FROM stalled, procrastinate_retry_job_v2(stalled.id, now(), NULL, NULL, NULL)
            """
        ),
        {"stalled_after_s": stalled_after_s, "known_names": [str(name) for name in JobName]},
    )
    return list(rows.scalars())
