"""`/v1/webhook/{webhook_id}/…`: the log of deliveries, replays and tests."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from callscope.api.answers import answer, errors
from callscope.api.authentication import Requires
from callscope.api.context import Context
from callscope.api.pages import PageQuery, answer_page
from callscope.api.schemas.base import Envelope, PageEnvelope
from callscope.api.schemas.webhook import AttemptRead, DeadReplayed, DeliveryRead, DeliveryWithAttempts
from callscope.core.webhook import Delivery, DeliveryAttempt, DeliveryStatus
from callscope.services import deliveries
from callscope.services.keys import Principal

router = APIRouter(prefix="/v1/webhook/{webhook_id}", tags=["webhook"])

Reader = Annotated[Principal, Depends(Requires("webhook:read"))]
Changer = Annotated[Principal, Depends(Requires("webhook:update"))]
Status = Annotated[DeliveryStatus | None, Query(description="Only deliveries that stand there.")]

NOT_FOUND = errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND)


@router.get("/deliveries", response_model=PageEnvelope[DeliveryRead], responses=NOT_FOUND)
async def list_deliveries(
    webhook_id: UUID, context: Context, principal: Reader, page: PageQuery, status: Status = None
) -> Response:
    """List what was sent or is to be sent to a webhook, newest first. Kept for 30 days."""
    async with context.reads() as session:
        found = await deliveries.list_deliveries(session, principal.project_id, webhook_id, page, status=status)
    return answer_page(found, _to_read)


@router.get("/deliveries/{delivery_id}", response_model=Envelope[DeliveryWithAttempts], responses=NOT_FOUND)
async def get_delivery(webhook_id: UUID, delivery_id: UUID, context: Context, principal: Reader) -> Response:
    """Read a delivery with its tries."""
    ids = (principal.project_id, webhook_id, delivery_id)
    async with context.reads() as session:
        delivery = await deliveries.get_delivery(session, *ids)
        attempts = await deliveries.list_attempts(session, *ids)
    shown = DeliveryWithAttempts(
        **dict(_to_read(delivery)), data=dict(delivery.data), attempts=[_to_attempt(one) for one in attempts]
    )
    return answer(Envelope(data=shown))


@router.post(
    "/deliveries/{delivery_id}/replay",
    status_code=HTTPStatus.ACCEPTED,
    response_model=Envelope[DeliveryRead],
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
async def replay_delivery(webhook_id: UUID, delivery_id: UUID, context: Context, principal: Changer) -> Response:
    """Send a delivery again that was delivered or given up. It keeps its `webhook-id`."""
    async with context.transactions.begin() as session:
        delivery = await deliveries.replay(
            session, principal.project_id, webhook_id, delivery_id, now=context.clock.now()
        )
    return answer(Envelope(data=_to_read(delivery)), status=HTTPStatus.ACCEPTED)


@router.post(
    "/replay-dead",
    status_code=HTTPStatus.ACCEPTED,
    response_model=Envelope[DeadReplayed],
    responses=NOT_FOUND,
)
async def replay_dead_deliveries(webhook_id: UUID, context: Context, principal: Changer) -> Response:
    """Send again what was given up, the oldest first."""
    async with context.transactions.begin() as session:
        count = await deliveries.replay_dead(session, principal.project_id, webhook_id, now=context.clock.now())
    return answer(Envelope(data=DeadReplayed(replayed_count=count)), status=HTTPStatus.ACCEPTED)


@router.post("/test", status_code=HTTPStatus.ACCEPTED, response_model=Envelope[DeliveryRead], responses=NOT_FOUND)
async def send_test_event(webhook_id: UUID, context: Context, principal: Changer) -> Response:
    """Send the event `webhook.test`, signed as any other. Its delivery says how it was received."""
    async with context.transactions.begin() as session:
        delivery = await deliveries.send_test(session, principal.project_id, webhook_id)
    return answer(Envelope(data=_to_read(delivery)), status=HTTPStatus.ACCEPTED)


def _to_read(delivery: Delivery) -> DeliveryRead:
    return DeliveryRead(
        id=delivery.id,
        webhook_id=delivery.webhook_id,
        message_id=deliveries.message_id_of(delivery),
        event=delivery.event,
        call_id=delivery.call_id,
        status=delivery.status,
        attempt_count=delivery.attempt_count,
        created_at=delivery.created_at,
        next_attempt_at=delivery.next_attempt_at,
        finished_at=delivery.finished_at,
    )


def _to_attempt(attempt: DeliveryAttempt) -> AttemptRead:
    return AttemptRead(
        started_at=attempt.started_at,
        duration_ms=attempt.duration_ms,
        http_status=attempt.http_status,
        error=attempt.error,
    )
