"""Property definitions: the type a project fixed for a property by its first value."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import any_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.call import PropertyType
from callscope.storage.base import Base, CreatedAt, ProjectId, array_of


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


async def read_types(
    session: AsyncSession, project_id: UUID, names: Collection[str] | None = None
) -> dict[str, PropertyType]:
    """Return the types the project fixed for those of `names` that it knows, None for all it knows."""
    query = select(PropertyDefinitionRow.name, PropertyDefinitionRow.type).where(
        PropertyDefinitionRow.project_id == project_id
    )
    if names is not None:
        query = query.where(PropertyDefinitionRow.name == any_(array_of(names, str)))
    return {name: PropertyType(type_) for name, type_ in await session.execute(query)}
