"""The settings pages of webhooks: what is subscribed to, and what became of each delivery."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from callscope.core.errors import InvalidInput
from callscope.core.page import PageRequest
from callscope.core.roles import Role
from callscope.core.webhook import Webhook, WebhookEvent
from callscope.services import deliveries, webhooks
from callscope.web.page_route import PageRoute
from callscope.web.pages import FROM_OUR_FORM, Pages, PagesDependency, RequiresRole, Visitor, show

router = APIRouter(prefix="/settings/webhooks", route_class=PageRoute, include_in_schema=False)

WEBHOOKS = "/settings/webhooks"
OFFERED = tuple(event for event in WebhookEvent if event.value.startswith(("CALL_", "METRIC_")))
"""What a call can bring about here; simulations, chats and issues come from elsewhere."""

Reader = Annotated[Visitor, Depends(RequiresRole(Role.ADMIN, "webhook:read"))]
Maker = Annotated[Visitor, Depends(RequiresRole(Role.ADMIN, "webhook:create"))]
Remover = Annotated[Visitor, Depends(RequiresRole(Role.ADMIN, "webhook:delete"))]


@router.get("")
async def list_webhooks(request: Request, pages: PagesDependency, visitor: Reader) -> Response:
    """Show the project's webhooks, newest first."""
    return await _webhooks(request, pages, visitor)


@router.post("", dependencies=[FROM_OUR_FORM])
async def create_webhook(
    request: Request,
    pages: PagesDependency,
    visitor: Maker,
    url: Annotated[str, Form()] = "",
    event: Annotated[list[WebhookEvent] | None, Form()] = None,
) -> Response:
    """Make a webhook, and show its signing secret this once."""
    try:
        async with pages.transactions.begin() as session:
            created = await webhooks.create_webhook(
                session,
                visitor.project_id,
                url=url.strip(),
                events=tuple(event or OFFERED),
                description=None,
                headers={},
            )
    except InvalidInput as error:
        return await _webhooks(request, pages, visitor, problem=error.message, url=url)
    return await _webhooks(request, pages, visitor, created=created)


async def _webhooks(
    request: Request,
    pages: Pages,
    visitor: Visitor,
    *,
    created: Webhook | None = None,
    problem: str = "",
    url: str = "",
) -> Response:
    async with pages.reads() as session:
        page = await webhooks.list_webhooks(session, visitor.project_id, PageRequest(limit=50))
    return show(
        request,
        "webhooks.html",
        status_code=400 if problem else 200,
        webhooks=page.items,
        offered=OFFERED,
        created=created,
        problem=problem,
        url=url,
    )


@router.get("/{webhook_id}")
async def show_deliveries(
    request: Request, pages: PagesDependency, visitor: Reader, webhook_id: UUID, after: str | None = None
) -> Response:
    """Show what was sent to a webhook, newest first, and how it answered."""
    async with pages.reads() as session:
        webhook = await webhooks.get_webhook(session, visitor.project_id, webhook_id)
        page = await deliveries.list_deliveries(
            session, visitor.project_id, webhook_id, PageRequest(after=after, limit=50), status=None
        )
    return show(request, "webhook.html", webhook=webhook, deliveries=page, after=after)


@router.post("/{webhook_id}/test", dependencies=[FROM_OUR_FORM])
async def send_test(pages: PagesDependency, visitor: Maker, webhook_id: UUID) -> Response:
    """Queue a test event."""
    async with pages.transactions.begin() as session:
        await deliveries.send_test(session, visitor.project_id, webhook_id)
    return RedirectResponse(f"{WEBHOOKS}/{webhook_id}", status_code=303)


@router.post("/{webhook_id}/deliveries/{delivery_id}/replay", dependencies=[FROM_OUR_FORM])
async def replay(pages: PagesDependency, visitor: Maker, webhook_id: UUID, delivery_id: UUID) -> Response:
    """Send a delivery again."""
    async with pages.transactions.begin() as session:
        await deliveries.replay(session, visitor.project_id, webhook_id, delivery_id, now=pages.clock.now())
    return RedirectResponse(f"{WEBHOOKS}/{webhook_id}", status_code=303)


@router.post("/{webhook_id}/remove", dependencies=[FROM_OUR_FORM])
async def remove_webhook(pages: PagesDependency, visitor: Remover, webhook_id: UUID) -> Response:
    """Delete a webhook."""
    async with pages.transactions.begin() as session:
        await webhooks.delete_webhook(session, visitor.project_id, webhook_id)
    return RedirectResponse(WEBHOOKS, status_code=303)
