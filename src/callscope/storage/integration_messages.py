"""The inbox: what integrations sent, stored with the job that reads it before the sender is answered."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.integration import Integration
from callscope.core.jobs import JobName
from callscope.storage.base import Base, Id, ProjectId
from callscope.storage.jobs import defer, execute_with_job
from callscope.storage.statements import Statements


class IntegrationMessageRow(Base):
    """One message. `fault` says why nothing could be made of it; `call_id` is the call it told of, once it was read."""

    __tablename__ = "integration_message"
    __table_args__ = (
        Index(None, "project_id", "integration", "call_ref"),
        Index(None, "call_id"),
        Index("ix_integration_message_received_at", "received_at"),
        Index(
            "ix_integration_message_set_aside",
            "project_id",
            "handled_at",
            postgresql_where=text("fault IS NOT NULL AND call_id IS NULL"),
        ),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    api_key_id: Mapped[UUID | None] = mapped_column(ForeignKey("api_key.id", ondelete="SET NULL"))
    integration: Mapped[str]
    call_ref: Mapped[str]
    body: Mapped[bytes]
    received_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]
    call_id: Mapped[UUID | None] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"))
    fault: Mapped[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """A message as it came in."""

    id: UUID
    project_id: UUID
    api_key_id: UUID | None
    integration: Integration
    call_ref: str
    body: bytes
    received_at: datetime


_ADD = """
    WITH message AS (
        INSERT INTO integration_message (id, project_id, api_key_id, integration, call_ref, body, received_at)
        VALUES (
            %(id)s, %(project_id)s, %(api_key_id)s, %(integration)s, %(call_ref)s, %(body)b, %(received_at)s
        )
    )
"""


async def add(where: AsyncSession | Statements, message: StoredMessage) -> None:
    """Store a message and queue the job that reads it."""
    parameters = {
        "id": message.id,
        "project_id": message.project_id,
        "api_key_id": message.api_key_id,
        "integration": message.integration.value,
        "call_ref": message.call_ref,
        "body": message.body,
        "received_at": message.received_at,
    }
    lock = _lock(message.project_id, message.integration, message.call_ref)
    await execute_with_job(
        where, _ADD, parameters, JobName.READ_MESSAGE, args={"message_id": str(message.id)}, lock=lock
    )


async def read_waiting(session: AsyncSession, message_id: UUID) -> StoredMessage | None:
    """Return a message that was not handled yet, None for one that was, or is gone. Held to the end."""
    query = (
        select(IntegrationMessageRow)
        .where(IntegrationMessageRow.id == message_id, IntegrationMessageRow.handled_at.is_(None))
        .with_for_update()
    )
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        return None
    return StoredMessage(
        id=row.id,
        project_id=row.project_id,
        api_key_id=row.api_key_id,
        integration=Integration(row.integration),
        call_ref=row.call_ref,
        body=row.body,
        received_at=row.received_at,
    )


async def mark_handled(
    session: AsyncSession, message_id: UUID, *, at: datetime, call_id: UUID | None, fault: str | None
) -> None:
    """Note what became of a message."""
    statement = (
        update(IntegrationMessageRow)
        .where(IntegrationMessageRow.id == message_id)
        .values(handled_at=at, call_id=call_id, fault=fault)
    )
    await session.execute(statement.execution_options(synchronize_session=False))


async def put_back(session: AsyncSession, project_id: UUID, message_id: UUID) -> bool:
    """Have a message that was set aside read again; return whether there was one."""
    statement = (
        update(IntegrationMessageRow)
        .where(
            IntegrationMessageRow.project_id == project_id,
            IntegrationMessageRow.id == message_id,
            IntegrationMessageRow.call_id.is_(None),
            IntegrationMessageRow.fault.is_not(None),
        )
        .values(handled_at=None, fault=None)
        .returning(IntegrationMessageRow)
        .execution_options(synchronize_session=False)
    )
    row = (await session.execute(statement)).scalar_one_or_none()
    if row is None:
        return False
    await defer(
        session,
        JobName.READ_MESSAGE,
        args={"message_id": str(row.id)},
        lock=_lock(row.project_id, row.integration, row.call_ref),
    )
    return True


async def forget_body(session: AsyncSession, message_id: UUID) -> None:
    """Empty what a message says; that it came, and what became of it, stays."""
    statement = update(IntegrationMessageRow).where(IntegrationMessageRow.id == message_id).values(body=b"")
    await session.execute(statement.execution_options(synchronize_session=False))


async def expire(session: AsyncSession, *, received_before: datetime, limit: int) -> int:
    """Delete handled messages received before a moment, up to so many; return how many were."""
    expired = (
        select(IntegrationMessageRow.id)
        .where(IntegrationMessageRow.received_at < received_before, IntegrationMessageRow.handled_at.is_not(None))
        .limit(limit)
    )
    statement = (
        delete(IntegrationMessageRow).where(IntegrationMessageRow.id.in_(expired)).returning(IntegrationMessageRow.id)
    )
    return len((await session.execute(statement.execution_options(synchronize_session=False))).all())


def _lock(project_id: UUID, integration: str, call_ref: str) -> str:
    """Return the lock of a job: messages of one call are read one after another, in the order they came."""
    return f"{project_id} {integration} {call_ref}"
