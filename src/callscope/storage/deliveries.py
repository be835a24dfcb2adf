"""Deliveries to webhooks: written with what they tell of, sent later, kept a while as the log of what was sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, any_, delete, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.ids import new_id
from callscope.core.page import Page, PageRequest
from callscope.core.webhook import Delivery, DeliveryAttempt, DeliveryStatus
from callscope.storage.base import Base, CreatedAt, Id, ProjectId
from callscope.storage.pages import newest_first
from callscope.storage.webhooks import WebhookRow

WAITING = text("status = 'WAITING'")


class WebhookDeliveryRow(Base):
    """One message to one webhook. `call_id` orders it among others of its call and outlives the call."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index(None, "webhook_id", "id"),
        Index("ix_webhook_delivery_waiting", "webhook_id", "call_id", "id", postgresql_where=WAITING),
        Index(None, "project_id"),
        Index(None, "created_at"),
        Index("ix_webhook_delivery_dead", "project_id", "finished_at", postgresql_where=text("status = 'DEAD'")),
        Index(
            "ix_webhook_delivery_failing",
            "project_id",
            "next_attempt_at",
            postgresql_where=text("status = 'WAITING' AND attempt_count > 0"),
        ),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhook.id", ondelete="CASCADE"))
    call_id: Mapped[UUID | None]
    event: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB())
    status: Mapped[str]
    attempt_count: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[CreatedAt]
    next_attempt_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class WebhookAttemptRow(Base):
    """One try to deliver: the receiver's status, or why there was none."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (Index(None, "delivery_id", "id"),)

    id: Mapped[Id]
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_delivery.id", ondelete="CASCADE"))
    started_at: Mapped[datetime]
    duration_ms: Mapped[int]
    http_status: Mapped[int | None]
    error: Mapped[str | None]


async def hold_subscribed(session: AsyncSession, project_id: UUID, event: str) -> list[tuple[UUID, int]]:
    """Return id and count of failures in a row of each webhook of that event; none is deleted before the commit."""
    query = (
        select(WebhookRow.id, WebhookRow.failure_count)
        .where(WebhookRow.project_id == project_id, literal(event) == any_(WebhookRow.events))
        .order_by(WebhookRow.id)
        .with_for_update(read=True, key_share=True)
    )
    return [(row.id, row.failure_count) for row in await session.execute(query)]


async def add(
    session: AsyncSession,
    *,
    project_id: UUID,
    webhook_id: UUID,
    event: str,
    call_id: UUID | None,
    data: Mapping[str, Any],
) -> UUID:
    """Insert a delivery that waits for its first try, and return its id."""
    delivery_id = new_id()
    columns: dict[str, Any] = {
        "id": delivery_id,
        "project_id": project_id,
        "webhook_id": webhook_id,
        "call_id": call_id,
        "event": event,
        "data": dict(data),
        "status": DeliveryStatus.WAITING.value,
        "next_attempt_at": func.now(),
    }
    await session.execute(insert(WebhookDeliveryRow).values(columns))
    return delivery_id


async def get(session: AsyncSession, project_id: UUID, webhook_id: UUID, delivery_id: UUID) -> Delivery | None:
    """Return a delivery, None when the webhook has none of that id."""
    query = select(WebhookDeliveryRow).where(
        WebhookDeliveryRow.project_id == project_id,
        WebhookDeliveryRow.webhook_id == webhook_id,
        WebhookDeliveryRow.id == delivery_id,
    )
    row = (await session.execute(query)).scalar_one_or_none()
    return None if row is None else _to_delivery(row)


async def list_page(
    session: AsyncSession, project_id: UUID, webhook_id: UUID, request: PageRequest, *, status: DeliveryStatus | None
) -> Page[Delivery]:
    """Return one page of a webhook's deliveries, newest first."""
    matching = [WebhookDeliveryRow.project_id == project_id, WebhookDeliveryRow.webhook_id == webhook_id]
    if status is not None:
        matching.append(WebhookDeliveryRow.status == status.value)
    return await newest_first(session, WebhookDeliveryRow, matching, request, _to_delivery)


async def list_attempts(session: AsyncSession, delivery_id: UUID) -> tuple[DeliveryAttempt, ...]:
    """Return the tries of a delivery, oldest first. The id must have been scoped to a project."""
    query = select(WebhookAttemptRow).where(WebhookAttemptRow.delivery_id == delivery_id).order_by(WebhookAttemptRow.id)
    return tuple(
        DeliveryAttempt(
            started_at=row.started_at, duration_ms=row.duration_ms, http_status=row.http_status, error=row.error
        )
        for row in (await session.execute(query)).scalars()
    )


async def read(session: AsyncSession, delivery_id: UUID) -> Delivery | None:
    """Return the delivery as it stands, None when its webhook is gone."""
    row = await session.get(WebhookDeliveryRow, delivery_id, populate_existing=True)
    return None if row is None else _to_delivery(row)


async def lock(session: AsyncSession, delivery_id: UUID) -> Delivery | None:
    """Return the delivery and keep every other transaction from changing it until this one ends."""
    row = await session.get(WebhookDeliveryRow, delivery_id, populate_existing=True, with_for_update=True)
    return None if row is None else _to_delivery(row)


async def first_waiting(session: AsyncSession, delivery: Delivery) -> UUID | None:
    """Return the oldest delivery that waits of the same webhook and call, having waited for who is settling it."""
    query = (
        select(WebhookDeliveryRow.id)
        .where(
            WebhookDeliveryRow.webhook_id == delivery.webhook_id,
            WebhookDeliveryRow.call_id == delivery.call_id,
            WebhookDeliveryRow.status == DeliveryStatus.WAITING.value,
        )
        .order_by(WebhookDeliveryRow.id)
        .limit(1)
        .with_for_update(read=True)
    )
    return (await session.execute(query)).scalar_one_or_none()


async def add_attempt(session: AsyncSession, delivery_id: UUID, attempt: DeliveryAttempt) -> None:
    """Log a try."""
    columns = {
        "id": new_id(),
        "delivery_id": delivery_id,
        "started_at": attempt.started_at,
        "duration_ms": attempt.duration_ms,
        "http_status": attempt.http_status,
        "error": attempt.error,
    }
    await session.execute(insert(WebhookAttemptRow).values(columns))


async def settle(
    session: AsyncSession,
    delivery_id: UUID,
    status: DeliveryStatus,
    *,
    attempt_count: int,
    next_attempt_at: datetime | None,
    finished_at: datetime | None,
) -> None:
    """Record where a delivery stands now."""
    statement = (
        update(WebhookDeliveryRow)
        .where(WebhookDeliveryRow.id == delivery_id)
        .values(
            status=status.value, attempt_count=attempt_count, next_attempt_at=next_attempt_at, finished_at=finished_at
        )
    )
    await session.execute(statement.execution_options(synchronize_session=False))


async def count_failure(session: AsyncSession, webhook_id: UUID, *, is_success: bool) -> int:
    """Count one more failure of a webhook in a row, or begin anew after a success; return the count."""
    count = 0 if is_success else WebhookRow.failure_count + 1
    statement = (
        update(WebhookRow)
        .where(WebhookRow.id == webhook_id)
        .values(failure_count=count)
        .returning(WebhookRow.failure_count)
    )
    return int((await session.execute(statement.execution_options(synchronize_session=False))).scalar_one())


async def dead_ids(session: AsyncSession, project_id: UUID, webhook_id: UUID, *, limit: int) -> list[UUID]:
    """Return the oldest deliveries that were given up, and keep others from changing them."""
    query = (
        select(WebhookDeliveryRow.id)
        .where(
            WebhookDeliveryRow.project_id == project_id,
            WebhookDeliveryRow.webhook_id == webhook_id,
            WebhookDeliveryRow.status == DeliveryStatus.DEAD.value,
        )
        .order_by(WebhookDeliveryRow.id)
        .limit(limit)
        .with_for_update()
    )
    return list((await session.execute(query)).scalars())


async def expire(session: AsyncSession, *, created_before: datetime, limit: int) -> int:
    """Delete old deliveries that are settled, with their tries; return how many."""
    old = (
        select(WebhookDeliveryRow.id)
        .where(
            WebhookDeliveryRow.created_at < created_before,
            WebhookDeliveryRow.status != DeliveryStatus.WAITING.value,
        )
        .limit(limit)
    )
    statement = delete(WebhookDeliveryRow).where(WebhookDeliveryRow.id.in_(old)).returning(WebhookDeliveryRow.id)
    return len((await session.execute(statement.execution_options(synchronize_session=False))).all())


def _to_delivery(row: WebhookDeliveryRow) -> Delivery:
    return Delivery(
        id=row.id,
        project_id=row.project_id,
        webhook_id=row.webhook_id,
        call_id=row.call_id,
        event=row.event,
        data=row.data,
        status=DeliveryStatus(row.status),
        attempt_count=row.attempt_count,
        created_at=row.created_at,
        next_attempt_at=row.next_attempt_at,
        finished_at=row.finished_at,
    )
