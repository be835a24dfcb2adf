"""Deliveries to webhooks: written with what they tell of, sent later, kept a while as the log of what was sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, any_, func, literal, select, text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.ids import new_id
from callscope.core.webhook import DeliveryStatus
from callscope.storage.base import Base, CreatedAt, Id, ProjectId
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
    columns = {
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
