"""Webhooks, and definitions of the requests that have a number dialled: kept here, sent elsewhere."""

import base64
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from callscope.core.errors import InvalidInput, NotFound
from callscope.core.ids import new_id
from callscope.core.page import Page, PageRequest
from callscope.core.webhook import HttpRequestDefinition, Webhook, WebhookEvent
from callscope.outbound.errors import UrlForbidden
from callscope.outbound.urls import parse_url
from callscope.storage import webhooks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret starts with is none
SECRET_BYTES = 32


class WebhookNotFound(NotFound):
    """The project has no such webhook."""


class DefinitionNotFound(NotFound):
    """The project has no such definition."""


async def create_webhook(
    session: "AsyncSession",
    project_id: UUID,
    *,
    url: str,
    events: tuple[WebhookEvent, ...],
    description: str | None,
    headers: Mapping[str, str],
) -> Webhook:
    """Make a webhook with a new signing secret. Raises InvalidInput for a URL that is never fetched."""
    _check_url(url)
    columns = {
        "id": new_id(),
        "url": url,
        "events": list(dict.fromkeys(event.value for event in events)),
        "description": description,
        "headers": dict(headers),
        "signing_secret": new_signing_secret(),
    }
    return await webhooks.add(session, project_id, columns)


async def get_webhook(session: "AsyncSession", project_id: UUID, webhook_id: UUID) -> Webhook:
    """Return a webhook. Raises WebhookNotFound."""
    webhook = await webhooks.get(session, project_id, webhook_id)
    if webhook is None:
        raise _no_webhook(webhook_id)
    return webhook


async def project_of(session: "AsyncSession", webhook_id: UUID) -> UUID:
    """Return the project of a webhook, for an operator who sees all. Raises WebhookNotFound."""
    project_id = await webhooks.read_project(session, webhook_id)
    if project_id is None:
        raise _no_webhook(webhook_id)
    return project_id


async def list_webhooks(session: "AsyncSession", project_id: UUID, request: PageRequest) -> Page[Webhook]:
    """Return one page of webhooks, newest first."""
    return await webhooks.list_page(session, project_id, request)


async def delete_webhook(session: "AsyncSession", project_id: UUID, webhook_id: UUID) -> None:
    """Delete a webhook. Raises WebhookNotFound."""
    if not await webhooks.remove(session, project_id, webhook_id):
        raise _no_webhook(webhook_id)


async def create_definition(
    session: "AsyncSession", project_id: UUID, columns: Mapping[str, Any]
) -> HttpRequestDefinition:
    """Make a definition of these columns with a new signing secret. Raises InvalidInput for its URL."""
    _check_url(columns["url"])
    complete = {**columns, "id": new_id(), "signing_secret": new_signing_secret()}
    return await webhooks.add_definition(session, project_id, complete)


async def change_definition(
    session: "AsyncSession", project_id: UUID, definition_id: UUID, changes: Mapping[str, Any]
) -> HttpRequestDefinition:
    """Change what `changes` names. Raises InvalidInput for its URL, DefinitionNotFound."""
    if "url" in changes:
        _check_url(changes["url"])
    changed = await webhooks.change_definition(session, project_id, definition_id, changes)
    if changed is None:
        raise _no_definition(definition_id)
    return changed


async def get_definition(session: "AsyncSession", project_id: UUID, definition_id: UUID) -> HttpRequestDefinition:
    """Return a definition. Raises DefinitionNotFound."""
    definition = await webhooks.get_definition(session, project_id, definition_id)
    if definition is None:
        raise _no_definition(definition_id)
    return definition


async def list_definitions(
    session: "AsyncSession", project_id: UUID, request: PageRequest
) -> Page[HttpRequestDefinition]:
    """Return one page of definitions, newest first."""
    return await webhooks.list_definitions(session, project_id, request)


def new_signing_secret() -> str:
    """Return a fresh secret as Standard Webhooks spells it: `whsec_` and 32 random bytes in base64."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _check_url(url: str) -> None:
    try:
        parse_url(url)
    except UrlForbidden as error:
        raise InvalidInput.at("url", message=f"`url`: {error.message}") from error


def _no_webhook(webhook_id: UUID) -> WebhookNotFound:
    return WebhookNotFound(f"There is no webhook {webhook_id}.", param="webhookId")


def _no_definition(definition_id: UUID) -> DefinitionNotFound:
    return DefinitionNotFound(
        f"There is no HTTP request definition {definition_id} in this project.", param="definitionId"
    )
