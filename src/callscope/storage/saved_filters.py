"""Filters of the list of calls, saved under a name for everybody of the project."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped

from callscope.core.saved_view import SavedFilter
from callscope.storage.base import Base, Id, ProjectId


class SavedFilterRow(Base):
    """One saved filter."""

    __tablename__ = "saved_filter"
    __table_args__ = (UniqueConstraint("project_id", "name"),)

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    name: Mapped[str]
    query: Mapped[str]
    created_at: Mapped[datetime]


async def save(session: AsyncSession, saved: SavedFilter) -> None:
    """Keep the filter; one of the same name is replaced."""
    statement = insert(SavedFilterRow).values(
        id=saved.id, project_id=saved.project_id, name=saved.name, query=saved.query, created_at=saved.created_at
    )
    await session.execute(
        statement.on_conflict_do_update(index_elements=["project_id", "name"], set_={"query": saved.query})
    )


async def list_all(session: AsyncSession, project_id: UUID) -> tuple[SavedFilter, ...]:
    """Return the project's filters by name."""
    query = select(SavedFilterRow).where(SavedFilterRow.project_id == project_id).order_by(SavedFilterRow.name)
    return tuple(
        SavedFilter(id=row.id, project_id=row.project_id, name=row.name, query=row.query, created_at=row.created_at)
        for row in (await session.execute(query)).scalars()
    )


async def remove(session: AsyncSession, project_id: UUID, filter_id: UUID) -> bool:
    """Remove a filter; return whether there was one."""
    statement = delete(SavedFilterRow).where(SavedFilterRow.project_id == project_id, SavedFilterRow.id == filter_id)
    return (await session.execute(statement.returning(SavedFilterRow.id))).first() is not None
