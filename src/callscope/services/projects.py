"""Projects, the tenants."""

from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.errors import NotFound
from callscope.storage import projects

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


class ProjectNotFound(NotFound):
    """There is no such project, or it is not the reader's."""


async def require_project(session: "AsyncSession", name: str) -> UUID:
    """Return the id of the project of that name. Raises ProjectNotFound."""
    project_id = await projects.find(session, name)
    if project_id is None:
        raise ProjectNotFound(f"There is no project called {name!r}.")
    return project_id
