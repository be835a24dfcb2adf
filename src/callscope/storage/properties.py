"""Property definitions: the type a project fixed for a property by its first value."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.call import PropertyType
from callscope.storage.base import Base, CreatedAt, ProjectId


class PropertyDefinitionRow(Base):
    """A property's name (snake_case) and its type in one project."""

    __tablename__ = "property_definition"

    project_id: Mapped[ProjectId] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    created_at: Mapped[CreatedAt]


async def insert_missing(session: AsyncSession, project_id: UUID, types: Mapping[str, PropertyType]) -> None:
    """Fix the types of names that have none yet; waits for other transactions that are doing so."""
    # In one order everywhere: two transactions that wait for each other's names would be a deadlock.
    rows = [{"project_id": project_id, "name": name, "type": types[name].value} for name in sorted(types)]
    await session.execute(insert(PropertyDefinitionRow).on_conflict_do_nothing(), rows)
