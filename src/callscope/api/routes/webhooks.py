"""`/v1/webhook`."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from callscope.api.answers import answer, errors
from callscope.api.authentication import Requires
from callscope.api.bodies import JsonBody, Received
from callscope.api.context import Context
from callscope.api.openapi import documents_body
from callscope.api.pages import PageQuery, answer_page
from callscope.api.schemas.base import Envelope, PageEnvelope
from callscope.api.schemas.webhook import WebhookCreate, WebhookCreated, WebhookDeleted, WebhookRead
from callscope.core.webhook import Webhook
from callscope.services import webhooks
from callscope.services.keys import Principal

router = APIRouter(prefix="/v1/webhook", tags=["webhook"])

WebhookReader = Annotated[Principal, Depends(Requires("webhook:read"))]


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    response_model=Envelope[WebhookCreated],
    responses=errors(HTTPStatus.BAD_REQUEST),
    openapi_extra=documents_body(WebhookCreate),
)
async def create_webhook(
    context: Context,
    principal: Annotated[Principal, Depends(Requires("webhook:create"))],
    received: Annotated[Received[WebhookCreate], Depends(JsonBody(WebhookCreate))],
) -> Response:
    """Subscribe a URL to events. The signing secret is shown this once."""
    body = received.body
    async with context.transactions.begin() as session:
        webhook = await webhooks.create_webhook(
            session,
            principal.project_id,
            url=body.url,
            events=tuple(body.events),
            description=body.description,
            headers=body.headers,
        )
    created = WebhookCreated(**dict(_to_read(webhook)), signing_secret=webhook.signing_secret)
    return answer(Envelope(data=created), status=HTTPStatus.CREATED)


@router.get("", response_model=PageEnvelope[WebhookRead], responses=errors(HTTPStatus.BAD_REQUEST))
async def list_webhooks(context: Context, principal: WebhookReader, page: PageQuery) -> Response:
    """List webhooks, newest first."""
    async with context.reads() as session:
        found = await webhooks.list_webhooks(session, principal.project_id, page)
    return answer_page(found, _to_read)


@router.get(
    "/{webhook_id}",
    response_model=Envelope[WebhookRead],
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
)
async def get_webhook(webhook_id: UUID, context: Context, principal: WebhookReader) -> Response:
    """Read a webhook."""
    async with context.reads() as session:
        webhook = await webhooks.get_webhook(session, principal.project_id, webhook_id)
    return answer(Envelope(data=_to_read(webhook)))


@router.delete(
    "/{webhook_id}",
    response_model=Envelope[WebhookDeleted],
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
)
async def delete_webhook(
    webhook_id: UUID, context: Context, principal: Annotated[Principal, Depends(Requires("webhook:delete"))]
) -> Response:
    """Delete a webhook."""
    async with context.transactions.begin() as session:
        await webhooks.delete_webhook(session, principal.project_id, webhook_id)
    return answer(Envelope(data=WebhookDeleted(success=True)))


def _to_read(webhook: Webhook) -> WebhookRead:
    return WebhookRead(
        id=webhook.id,
        url=webhook.url,
        description=webhook.description,
        events=list(webhook.events),
        headers=dict(webhook.headers),
        created_at=webhook.created_at,
        updated_at=webhook.updated_at,
    )
