"""A project's own rules: read, changed."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from callscope.core.project_rules import ProjectRules
from callscope.storage import project_rules

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


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
