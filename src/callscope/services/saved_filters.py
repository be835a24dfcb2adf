"""Filters of the list of calls under a name, for everybody of a project."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.errors import InvalidInput, NotFound
from callscope.core.ids import new_id
from callscope.core.saved_view import SavedFilter
from callscope.storage import saved_filters

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

MAX_NAME_LENGTH = 80
MAX_COUNT = 100


class SavedFilterNotFound(NotFound):
    """The project has no such filter."""


async def save(session: "AsyncSession", project_id: UUID, *, name: str, query: str, now: datetime) -> SavedFilter:
    """Keep a filter under a name; the one that had the name before is replaced. Raises InvalidInput."""
    name = " ".join(name.split())
    if not 0 < len(name) <= MAX_NAME_LENGTH:
        raise InvalidInput.at("name", message=f"`name` must have 1 to {MAX_NAME_LENGTH} characters.")
    kept = await saved_filters.list_all(session, project_id)
    if len(kept) >= MAX_COUNT and name not in {one.name for one in kept}:
        message = f"`name`: a project keeps at most {MAX_COUNT} filters. Remove one first."
        raise InvalidInput.at("name", message=message)
    saved = SavedFilter(id=new_id(), project_id=project_id, name=name, query=query, created_at=now)
    await saved_filters.save(session, saved)
    return saved


async def list_all(session: "AsyncSession", project_id: UUID) -> tuple[SavedFilter, ...]:
    """Return the project's filters by name."""
    return await saved_filters.list_all(session, project_id)


async def remove(session: "AsyncSession", project_id: UUID, filter_id: UUID) -> None:
    """Remove a filter. Raises SavedFilterNotFound."""
    if not await saved_filters.remove(session, project_id, filter_id):
        raise SavedFilterNotFound(f"There is no filter {filter_id} in this project.", param="filterId")
