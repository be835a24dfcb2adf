"""Whose turn it is in a line that several projects share: a project that queues much waits behind itself, not others.

Start-time fair queueing. Each job gets a number one higher than its project's last, but not below the number that is
served now; the lowest number is served first. A project's own jobs keep their order.
"""

from uuid import UUID

from sqlalchemy import BigInteger
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.storage.base import Base, ProjectId
from callscope.storage.statements import execute_prepared


class QueueTurnRow(Base):
    """The last number a project got in one queue."""

    __tablename__ = "queue_turn"

    project_id: Mapped[ProjectId] = mapped_column(primary_key=True)
    queue: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)


# What waits is served by the highest priority, which is the lowest number with its sign turned. When nothing waits, the
# line stands where it last stood.
_TAKE = """
    INSERT INTO queue_turn AS turn (project_id, queue, number)
    SELECT %(project_id)s, %(queue)s, served.number + 1
    FROM (
        SELECT coalesce(
            (
                SELECT -priority FROM procrastinate_jobs
                WHERE queue_name = %(queue)s AND status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())
                ORDER BY priority DESC, id LIMIT 1
            ),
            (SELECT max(number) FROM queue_turn WHERE queue = %(queue)s),
            0
        ) AS number
    ) AS served
    ON CONFLICT (project_id, queue) DO UPDATE SET number = greatest(turn.number + 1, excluded.number)
    RETURNING number
"""


async def take(session: AsyncSession, project_id: UUID, queue: str) -> int:
    """Return the priority of a project's next job in a queue; other transactions of the project wait for this one."""
    found = await execute_prepared(session, _TAKE, {"project_id": project_id, "queue": queue})
    if found is None:
        raise RuntimeError("the queue gave no turn")
    return -int(found[0])
