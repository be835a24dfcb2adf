"""Definitions of dialling requests. Their secrets are kept as they are: they sign what is sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.http_request_definition import HttpRequestDefinition
from callscope.core.page import Page, PageRequest
from callscope.storage.base import Base, CreatedAt, EmptyObject, Id, ProjectId
from callscope.storage.pages import newest_first
from callscope.storage.project_rows import added, changed, find


class HttpRequestDefinitionRow(Base):
    """One definition of a request."""

    __tablename__ = "http_request_definition"

    id: Mapped[Id]
    project_id: Mapped[ProjectId] = mapped_column(index=True)
    scope: Mapped[str]
    url: Mapped[str]
    method: Mapped[str]
    headers: Mapped[EmptyObject]
    body: Mapped[str | None]
    description: Mapped[str | None]
    signing_secret: Mapped[str]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


async def add(session: AsyncSession, project_id: UUID, columns: Mapping[str, Any]) -> HttpRequestDefinition:
    """Insert a definition and return it."""
    statement = added(HttpRequestDefinitionRow, project_id, columns)
    return _to_definition((await session.execute(statement)).scalar_one())


async def change(
    session: AsyncSession, project_id: UUID, definition_id: UUID, columns: Mapping[str, Any]
) -> HttpRequestDefinition | None:
    """Change a definition and return it, None when the project has none of that id."""
    statement = changed(HttpRequestDefinitionRow, project_id, definition_id, columns)
    row = (await session.execute(statement)).scalar_one_or_none()
    return None if row is None else _to_definition(row)


async def get(session: AsyncSession, project_id: UUID, definition_id: UUID) -> HttpRequestDefinition | None:
    """Return a definition, None when the project has none of that id."""
    row = await find(session, HttpRequestDefinitionRow, project_id, definition_id)
    return None if row is None else _to_definition(row)


async def list_page(session: AsyncSession, project_id: UUID, request: PageRequest) -> Page[HttpRequestDefinition]:
    """Return one page of the project's definitions, newest first."""
    matching = [HttpRequestDefinitionRow.project_id == project_id]
    return await newest_first(session, HttpRequestDefinitionRow, matching, request, _to_definition)


def _to_definition(row: HttpRequestDefinitionRow) -> HttpRequestDefinition:
    return HttpRequestDefinition(
        id=row.id,
        scope=row.scope,
        url=row.url,
        method=row.method,
        headers=row.headers,
        body=row.body,
        description=row.description,
        signing_secret=row.signing_secret,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
