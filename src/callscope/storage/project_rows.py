"""What every table of a project's things has in common: a row is added, read and changed within its project."""

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate

from callscope.storage.base import Base

RowT = TypeVar("RowT", bound=Base)


def added(row: type[RowT], project_id: UUID, columns: Mapping[str, Any]) -> ReturningInsert[RowT]:
    """Return the statement that inserts a row and returns it."""
    return insert(row).values(project_id=project_id, **columns).returning(row)


def changed(row: type[RowT], project_id: UUID, row_id: UUID, columns: Mapping[str, Any]) -> ReturningUpdate[RowT]:
    """Return the statement that changes the project's row of that id and returns it, none when there is none."""
    statement = update(row).where(*_identified(row, project_id, row_id)).values(updated_at=func.now(), **columns)
    return statement.returning(row).execution_options(populate_existing=True)


async def find(session: AsyncSession, row: type[RowT], project_id: UUID, row_id: UUID) -> RowT | None:
    """Return the project's row of that id."""
    found = await session.execute(select(row).where(*_identified(row, project_id, row_id)))
    return found.scalar_one_or_none()


def _identified(row: type[Base], project_id: UUID, row_id: UUID) -> tuple[ColumnElement[bool], ...]:
    columns = row.__table__.c
    return columns.project_id == project_id, columns.id == row_id
