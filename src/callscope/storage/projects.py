"""Projects: the tenants. Every other row belongs to exactly one."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.ids import new_id
from callscope.storage.base import Base, CreatedAt, Id


class ProjectRow(Base):
    """One tenant, named uniquely."""

    __tablename__ = "project"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[CreatedAt]


async def read_name(session: AsyncSession, project_id: UUID) -> str:
    """Return the name of a project that exists."""
    return (await session.execute(select(ProjectRow.name).where(ProjectRow.id == project_id))).scalar_one()


async def find(session: AsyncSession, name: str) -> UUID | None:
    """Return the id of the project called `name`, None when there is none."""
    return (await session.execute(select(ProjectRow.id).where(ProjectRow.name == name))).scalar_one_or_none()


async def find_or_create(session: AsyncSession, name: str) -> UUID:
    """Return the id of the project called `name`, made now if there was none."""
    await session.execute(insert(ProjectRow).values(id=new_id(), name=name).on_conflict_do_nothing())
    return (await session.execute(select(ProjectRow.id).where(ProjectRow.name == name))).scalar_one()
