"""Projects, the tenants."""

from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.errors import Conflict, InvalidInput, NotFound
from callscope.storage import projects

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


LONGEST_NAME = 255


class ProjectExists(Conflict):
    """There is a project of that name."""

    code = "project_exists"


class ProjectNotFound(NotFound):
    """There is no such project, or it is not the reader's."""


async def require_project(session: "AsyncSession", name: str) -> UUID:
    """Return the id of the project of that name. Raises ProjectNotFound."""
    project_id = await projects.find(session, name)
    if project_id is None:
        raise ProjectNotFound(f"There is no project called {name!r}.")
    return project_id


async def ensure_project(session: "AsyncSession", name: str) -> UUID:
    """Return the id of the project of that name, which is made when missing."""
    return await projects.find_or_create(session, name)


async def create_project(session: "AsyncSession", name: str) -> UUID:
    """Make a project and return its id. Raises InvalidInput for a name of no or too many characters, ProjectExists."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InvalidInput.at("name", message=f"Give the project a name, of at most {LONGEST_NAME} characters.")
    if await projects.find(session, name) is not None:
        raise ProjectExists(f"There is a project called {name!r} already.")
    return await projects.find_or_create(session, name)
