"""Webhooks. Their secrets are kept as they are: they sign what is sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, delete, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.page import Page, PageRequest
from callscope.core.webhook import Webhook, WebhookEvent
from callscope.storage.base import Base, CreatedAt, EmptyObject, Id, ProjectId
from callscope.storage.pages import newest_first
from callscope.storage.project_rows import added, find


class WebhookRow(Base):
    """One subscription."""

    __tablename__ = "webhook"

    id: Mapped[Id]
    project_id: Mapped[ProjectId] = mapped_column(index=True)
    url: Mapped[str]
    description: Mapped[str | None]
    events: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    headers: Mapped[EmptyObject]
    signing_secret: Mapped[str]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    failure_count: Mapped[int] = mapped_column(server_default="0")
    """Failed tries since the last that was answered well."""


async def add(session: AsyncSession, project_id: UUID, columns: Mapping[str, Any]) -> Webhook:
    """Insert a webhook and return it."""
    return _to_webhook((await session.execute(added(WebhookRow, project_id, columns))).scalar_one())


async def get(session: AsyncSession, project_id: UUID, webhook_id: UUID) -> Webhook | None:
    """Return a webhook, None when the project has none of that id."""
    row = await find(session, WebhookRow, project_id, webhook_id)
    return None if row is None else _to_webhook(row)


async def read_project(session: AsyncSession, webhook_id: UUID) -> UUID | None:
    """Return the project of a webhook, None when there is none of that id."""
    query = select(WebhookRow.project_id).where(WebhookRow.id == webhook_id)
    return (await session.execute(query)).scalar_one_or_none()


async def list_page(session: AsyncSession, project_id: UUID, request: PageRequest) -> Page[Webhook]:
    """Return one page of the project's webhooks, newest first."""
    return await newest_first(session, WebhookRow, [WebhookRow.project_id == project_id], request, _to_webhook)


async def remove(session: AsyncSession, project_id: UUID, webhook_id: UUID) -> bool:
    """Delete a webhook; return whether there was one."""
    statement = delete(WebhookRow).where(WebhookRow.project_id == project_id, WebhookRow.id == webhook_id)
    return (await session.execute(statement.returning(WebhookRow.id))).first() is not None


def _to_webhook(row: WebhookRow) -> Webhook:
    return Webhook(
        id=row.id,
        url=row.url,
        description=row.description,
        events=tuple(WebhookEvent(event) for event in row.events),
        headers=row.headers,
        signing_secret=row.signing_secret,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
