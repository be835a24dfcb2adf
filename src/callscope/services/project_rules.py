"""A project's own rules: read, changed."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from callscope.core.errors import NotFound
from callscope.core.project_rules import ProjectRules
from callscope.storage import project_rules, projects

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


class ProjectNotFound(NotFound):
    """There is no project of that name."""


async def read_rules(session: "AsyncSession", project_id: UUID) -> ProjectRules:
    """Return the rules of a project."""
    return await project_rules.read(session, project_id)


async def change_rules(session: "AsyncSession", project_id: UUID, changes: Mapping[str, Any]) -> ProjectRules:
    """Change the rules that `changes` names by their fields, and return them all. Retention counts from the next run.

    Masking holds for what comes in from then on.
    """
    columns = dict(changes)
    if "redacted" in columns:
        columns["redacted"] = sorted(columns["redacted"])
    return await project_rules.change(session, project_id, columns)


async def change_rules_of(session: "AsyncSession", name: str, changes: Mapping[str, Any]) -> ProjectRules:
    """Change the rules of the project called `name`, or only read them without changes. Raises ProjectNotFound."""
    project_id = await projects.find(session, name)
    if project_id is None:
        raise ProjectNotFound(f"There is no project {name!r}.")
    return await change_rules(session, project_id, changes) if changes else await read_rules(session, project_id)
