"""Traces as they came in: each payload is kept whole until it is drained, and a while longer to be read again."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.ids import new_id
from callscope.core.jobs import TRACES_QUEUE, JobName
from callscope.storage.base import Base, Id, ProjectId
from callscope.storage.statements import execute_prepared

NOT_DRAINED = text("drained_at IS NULL")
ARRIVAL_LOCK = 0x63616C6C74726163
"""The advisory lock ("calltrac") that payloads share while they commit; draining takes it for itself once, first."""


class TracePayloadRow(Base):
    """One request of a sender. `fault` says why nothing, or not everything, could be made of it."""

    __tablename__ = "trace_payload"
    __table_args__ = (
        Index("ix_trace_payload_waiting", "id", "size_bytes", postgresql_where=NOT_DRAINED),
        Index(None, "project_id", "received_at"),
        Index(None, "received_at"),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    media_type: Mapped[str]
    encoding: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    body: Mapped[bytes]
    received_at: Mapped[datetime]
    drained_at: Mapped[datetime | None]
    fault: Mapped[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPayload:
    """The bytes of one request, compressed as they came."""

    id: UUID
    project_id: UUID
    media_type: str
    encoding: str
    body: bytes
    received_at: datetime


_HOLD_ARRIVAL = f"SELECT pg_advisory_xact_lock_shared({ARRIVAL_LOCK})"
# One job drains all that waits: a second is queued only when none is waiting to start.
_ADD = f"""
    WITH payload AS (
        INSERT INTO trace_payload (id, project_id, media_type, encoding, size_bytes, body, received_at)
        VALUES (
            %(id)s, %(project_id)s, %(media_type)s, %(encoding)s, %(size_bytes)s, %(body)s, %(received_at)s
        )
    )
    SELECT procrastinate_defer_jobs_v1(ARRAY[
        ROW('{TRACES_QUEUE}', '{JobName.DRAIN_TRACES.value}', 0, '{JobName.DRAIN_TRACES.value}', NULL, '{{}}', NULL)
        ::procrastinate_job_to_defer_v1
    ])
    WHERE NOT EXISTS (
        SELECT FROM procrastinate_jobs WHERE lock = '{JobName.DRAIN_TRACES.value}' AND status = 'todo'
    )
"""  # noqa: S608 - our own names


async def add(
    session: AsyncSession, *, project_id: UUID, media_type: str, encoding: str, body: bytes, received_at: datetime
) -> None:
    """Store a payload and make sure that a job waits to drain it.

    A job that is seen waiting might start before this transaction commits, and would miss its payload; so draining
    begins by waiting for all that are under way (`wait_for_arrivals`). The lock is taken by a statement of its own:
    what a statement sees is settled before it waits for a lock.
    """
    await execute_prepared(session, _HOLD_ARRIVAL, {})
    parameters = {
        "id": new_id(),
        "project_id": project_id,
        "media_type": media_type,
        "encoding": encoding,
        "size_bytes": len(body),
        "body": body,
        "received_at": received_at,
    }
    await execute_prepared(session, _ADD, parameters)


async def wait_for_arrivals(session: AsyncSession) -> None:
    """Return when every payload that may rely on a job that has started is committed."""
    await session.execute(select(func.pg_advisory_xact_lock(ARRIVAL_LOCK)))


async def waiting_bytes(session: AsyncSession) -> int:
    """Return how many bytes wait to be drained."""
    query = select(func.coalesce(func.sum(TracePayloadRow.size_bytes), 0)).where(TracePayloadRow.drained_at.is_(None))
    return int((await session.execute(query)).scalar_one())


async def claim(session: AsyncSession, *, max_count: int, max_bytes: int) -> tuple[StoredPayload, ...]:
    """Return the oldest payloads that wait, up to so many or so much, at least one; hold them to the end."""
    sizes = (
        select(TracePayloadRow.id, TracePayloadRow.size_bytes)
        .where(TracePayloadRow.drained_at.is_(None))
        .order_by(TracePayloadRow.id)
        .limit(max_count)
    )
    chosen: list[UUID] = []
    total_bytes = 0
    for payload_id, size_bytes in await session.execute(sizes):
        total_bytes += size_bytes
        if chosen and total_bytes > max_bytes:
            break
        chosen.append(payload_id)
    query = select(TracePayloadRow).where(TracePayloadRow.id.in_(chosen), TracePayloadRow.drained_at.is_(None))
    rows = await session.scalars(query.order_by(TracePayloadRow.id).with_for_update(skip_locked=True))
    return tuple(_to_stored(row) for row in rows)


async def mark_drained(
    session: AsyncSession, payload_id: UUID, *, at: datetime, fault: str | None, keeps_body: bool = True
) -> None:
    """Note that a payload is done with; one whose body is not kept cannot be read again."""
    values = {"drained_at": at, "fault": fault, **({} if keeps_body else {"body": b""})}
    statement = update(TracePayloadRow).where(TracePayloadRow.id == payload_id).values(values)
    await session.execute(statement.execution_options(synchronize_session=False))


async def ids_between(
    session: AsyncSession, *, received_from: datetime, received_before: datetime, after: UUID | None, limit: int
) -> tuple[UUID, ...]:
    """Return drained payloads received in a span of time, oldest first, those after `after`."""
    query = select(TracePayloadRow.id).where(
        TracePayloadRow.received_at >= received_from,
        TracePayloadRow.received_at < received_before,
        TracePayloadRow.drained_at.is_not(None),
        func.length(TracePayloadRow.body) > 0,
    )
    if after is not None:
        query = query.where(TracePayloadRow.id > after)
    return tuple(await session.scalars(query.order_by(TracePayloadRow.id).limit(limit)))


async def read(session: AsyncSession, payload_id: UUID) -> StoredPayload | None:
    """Return one payload, None when it has expired."""
    row = await session.get(TracePayloadRow, payload_id)
    return None if row is None else _to_stored(row)


async def expire(session: AsyncSession, *, received_before: datetime, limit: int) -> int:
    """Delete drained payloads received before a moment, up to so many; return how many were."""
    expired = (
        select(TracePayloadRow.id)
        .where(TracePayloadRow.received_at < received_before, TracePayloadRow.drained_at.is_not(None))
        .limit(limit)
    )
    statement = delete(TracePayloadRow).where(TracePayloadRow.id.in_(expired)).returning(TracePayloadRow.id)
    rows = await session.execute(statement.execution_options(synchronize_session=False))
    return len(rows.all())


def _to_stored(row: TracePayloadRow) -> StoredPayload:
    return StoredPayload(
        id=row.id,
        project_id=row.project_id,
        media_type=row.media_type,
        encoding=row.encoding,
        body=row.body,
        received_at=row.received_at,
    )
