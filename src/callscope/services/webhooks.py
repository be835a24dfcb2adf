"""Webhooks: kept here, sent to elsewhere."""

import base64
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.errors import InvalidInput, NotFound
from callscope.core.ids import new_id
from callscope.core.page import Page, PageRequest
from callscope.core.webhook import Webhook, WebhookEvent
from callscope.outbound.errors import UrlForbidden
from callscope.outbound.urls import parse_url
from callscope.storage import webhooks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret starts with is none
SECRET_BYTES = 32


class WebhookNotFound(NotFound):
    """The project has no such webhook."""


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
    check_url(url)
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


def new_signing_secret() -> str:
    """Return a fresh secret as Standard Webhooks spells it: `whsec_` and 32 random bytes in base64."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def check_url(url: str) -> None:
    """Raise InvalidInput for a URL that is never fetched."""
    try:
        parse_url(url)
    except UrlForbidden as error:
        raise InvalidInput.at("url", message=f"`url`: {error.message}") from error


def _no_webhook(webhook_id: UUID) -> WebhookNotFound:
    return WebhookNotFound(f"There is no webhook {webhook_id}.", param="webhookId")
