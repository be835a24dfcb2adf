"""Definitions of the requests that have a number dialled."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from callscope.core.errors import NotFound
from callscope.core.http_request_definition import HttpRequestDefinition
from callscope.core.ids import new_id
from callscope.core.page import Page, PageRequest
from callscope.services.webhooks import check_url, new_signing_secret
from callscope.storage import http_request_definitions as definitions

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


class DefinitionNotFound(NotFound):
    """The project has no such definition."""


async def create(session: "AsyncSession", project_id: UUID, columns: Mapping[str, Any]) -> HttpRequestDefinition:
    """Make a definition of these columns with a new signing secret. Raises InvalidInput for its URL."""
    check_url(columns["url"])
    complete = {**columns, "id": new_id(), "signing_secret": new_signing_secret()}
    return await definitions.add(session, project_id, complete)


async def change(
    session: "AsyncSession", project_id: UUID, definition_id: UUID, changes: Mapping[str, Any]
) -> HttpRequestDefinition:
    """Change what `changes` names. Raises InvalidInput for its URL, DefinitionNotFound."""
    if "url" in changes:
        check_url(changes["url"])
    return _required(await definitions.change(session, project_id, definition_id, changes), definition_id)


async def get(session: "AsyncSession", project_id: UUID, definition_id: UUID) -> HttpRequestDefinition:
    """Return a definition. Raises DefinitionNotFound."""
    return _required(await definitions.get(session, project_id, definition_id), definition_id)


async def list_page(session: "AsyncSession", project_id: UUID, request: PageRequest) -> Page[HttpRequestDefinition]:
    """Return one page of definitions, newest first."""
    return await definitions.list_page(session, project_id, request)


def _required(found: HttpRequestDefinition | None, definition_id: UUID) -> HttpRequestDefinition:
    if found is None:
        message = f"There is no HTTP request definition {definition_id} in this project."
        raise DefinitionNotFound(message, param="definitionId")
    return found
