"""How the lines of jobs stand, for monitoring and for deciding how many workers are needed."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """One line: jobs that could start now, jobs under way, and for how long the oldest that could start has waited.

    `later_count` are jobs with a time that has not come: tries that follow a failure, mostly.
    """

    queue: str
    due_count: int
    running_count: int
    later_count: int
    oldest_due_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkState:
    """All lines that hold anything, live lines of workers, and messages to webhooks that wait or were given up."""

    queues: tuple[QueueState, ...]
    worker_line_count: int
    deliveries_waiting_count: int
    deliveries_dead_count: int


_QUEUES = text("""
    SELECT
        job.queue_name,
        count(*) FILTER (WHERE job.status = 'todo' AND NOT later.is_later) AS due_count,
        count(*) FILTER (WHERE job.status = 'doing') AS running_count,
        count(*) FILTER (WHERE job.status = 'todo' AND later.is_later) AS later_count,
        coalesce(
            extract(epoch FROM now() - min(greatest(job.scheduled_at, event.at))
                FILTER (WHERE job.status = 'todo' AND NOT later.is_later)), 0
        ) AS oldest_due_s
    FROM procrastinate_jobs AS job
    CROSS JOIN LATERAL (SELECT coalesce(job.scheduled_at > now(), false) AS is_later) AS later
    LEFT JOIN LATERAL (
        SELECT min(at) AS at FROM procrastinate_events
        WHERE job_id = job.id AND type IN ('deferred', 'deferred_for_retry') AND NOT later.is_later
    ) AS event ON true
    WHERE job.status IN ('todo', 'doing')
    GROUP BY job.queue_name
""")
_OTHERS = text("""
    SELECT
        (SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '1 minute'),
        (SELECT count(*) FROM webhook_delivery WHERE status = 'WAITING'),
        (SELECT count(*) FROM webhook_delivery WHERE status = 'DEAD')
""")


async def read(session: AsyncSession) -> WorkState:
    """Return how everything stands now."""
    queues = tuple(
        QueueState(
            queue=row.queue_name,
            due_count=row.due_count,
            running_count=row.running_count,
            later_count=row.later_count,
            oldest_due_s=max(0.0, float(row.oldest_due_s)),
        )
        for row in await session.execute(_QUEUES)
    )
    workers, waiting, dead = (await session.execute(_OTHERS)).one()
    return WorkState(
        queues=queues, worker_line_count=workers, deliveries_waiting_count=waiting, deliveries_dead_count=dead
    )
