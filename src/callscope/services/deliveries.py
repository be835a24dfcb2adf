"""Deliveries to webhooks: what is sent and signed, how a try is settled, the log, tests and replays."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.errors import Conflict, NotFound
from callscope.core.jobs import JobName
from callscope.core.page import Page, PageRequest
from callscope.core.webhook import Delivery, DeliveryAttempt, DeliveryStatus, Webhook
from callscope.services import events
from callscope.services.webhooks import SECRET_PREFIX, get_webhook
from callscope.storage import deliveries, jobs, webhooks
from callscope.storage.engine import to_json

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

BODY_VERSION = "1.0"
TEST_EVENT = "webhook.test"
REPLAYED_AT_ONCE = 1000


class DeliveryNotFound(NotFound):
    """The webhook has no such delivery."""


class DeliveryWaiting(Conflict):
    """The delivery is still to be tried; it needs no replay."""

    code = "delivery_waiting"

    def __init__(self) -> None:
        super().__init__("This delivery waits for its next try. Only delivered and dead ones can be replayed.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedMessage:
    """What a try sends."""

    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDelivery:
    """A delivery whose turn it is, and the webhook it goes to."""

    delivery: Delivery
    webhook: Webhook


async def due(session: "AsyncSession", delivery_id: UUID) -> DueDelivery | None:
    """Return a delivery that may be sent now, None when it is settled, gone, or another of its call comes first.

    Whoever settles the one before queues this one then.
    """
    delivery = await deliveries.read(session, delivery_id)
    if delivery is None or delivery.status is not DeliveryStatus.WAITING:
        return None
    if delivery.call_id is not None and await deliveries.first_waiting(session, delivery) != delivery.id:
        return None
    webhook = await webhooks.get(session, delivery.project_id, delivery.webhook_id)
    return None if webhook is None else DueDelivery(delivery=delivery, webhook=webhook)


def sign(due_delivery: DueDelivery, *, at: datetime) -> SignedMessage:
    """Return body and headers of a try at `at`: the same body and `webhook-id` every time, a signature of that time.

    The scheme is Standard Webhooks; `x-roark-signature` is `sha256=` and the hexadecimal HMAC-SHA-256 of the body
    under the whole secret as it was shown.
    """
    delivery, webhook = due_delivery.delivery, due_delivery.webhook
    content = to_json(
        {
            "event": delivery.event,
            "version": BODY_VERSION,
            "timestamp": delivery.created_at.astimezone(UTC).isoformat(timespec="milliseconds"),
            "data": delivery.data,
        }
    ).encode()
    message_id, timestamp = message_id_of(delivery), str(int(at.timestamp()))
    key = base64.b64decode(webhook.signing_secret.removeprefix(SECRET_PREFIX))
    signed = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + content, hashlib.sha256)
    ours = {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
        "x-roark-signature": f"sha256={hmac.new(webhook.signing_secret.encode(), content, hashlib.sha256).hexdigest()}",
    }
    return SignedMessage(
        headers={name.lower(): value for name, value in webhook.headers.items()} | ours, content=content
    )


def message_id_of(delivery: Delivery) -> str:
    """Return the `webhook-id` by which a receiver drops repeats."""
    return f"msg_{delivery.id.hex}"


async def settle(
    session: "AsyncSession",
    tried: Delivery,
    attempt: DeliveryAttempt,
    *,
    at: datetime,
    next_attempt_at: datetime | None,
) -> DeliveryStatus | None:
    """Record a try: delivered, to be tried again at `next_attempt_at`, or without that given up.

    Returns where the delivery stands now; None when somebody else settled this try, or the webhook is gone.
    """
    held = await deliveries.lock(session, tried.id)
    if held is None or (held.status, held.attempt_count) != (DeliveryStatus.WAITING, tried.attempt_count):
        return None
    await deliveries.add_attempt(session, held.id, attempt)
    status = DeliveryStatus.DELIVERED if attempt.is_success else DeliveryStatus.DEAD
    if not attempt.is_success and next_attempt_at is not None:
        status = DeliveryStatus.WAITING
    is_waiting = status is DeliveryStatus.WAITING
    await deliveries.settle(
        session,
        held.id,
        status,
        attempt_count=held.attempt_count + 1,
        next_attempt_at=next_attempt_at if is_waiting else None,
        finished_at=None if is_waiting else at,
    )
    failure_count = await deliveries.count_failure(session, held.webhook_id, is_success=attempt.is_success)
    if is_waiting:
        args = {"delivery_id": str(held.id)}
        await jobs.defer(session, JobName.REDELIVER_EVENT, args=args, schedule_at=next_attempt_at)
    else:
        await _queue_next(session, held, failure_count)
    return status


async def send_test(session: "AsyncSession", project_id: UUID, webhook_id: UUID) -> Delivery:
    """Queue a test event to one webhook, whatever it asked for. Raises WebhookNotFound."""
    webhook = await get_webhook(session, project_id, webhook_id)
    delivery_id = await deliveries.add(
        session,
        project_id=project_id,
        webhook_id=webhook.id,
        event=TEST_EVENT,
        call_id=None,
        data={"webhookId": str(webhook.id), "projectId": str(project_id)},
    )
    await events.queue_delivery(session, delivery_id, webhook_id=webhook.id, is_failing=False)
    return await get_delivery(session, project_id, webhook_id, delivery_id)


async def replay(
    session: "AsyncSession", project_id: UUID, webhook_id: UUID, delivery_id: UUID, *, now: datetime
) -> Delivery:
    """Send a settled delivery again under its id. Raises DeliveryNotFound, DeliveryWaiting."""
    await get_delivery(session, project_id, webhook_id, delivery_id)
    held = await deliveries.lock(session, delivery_id)
    if held is None:
        raise _no_delivery(delivery_id)
    if held.status is DeliveryStatus.WAITING:
        raise DeliveryWaiting
    await _revive(session, webhook_id, delivery_id, now=now)
    return await get_delivery(session, project_id, webhook_id, delivery_id)


async def replay_dead(session: "AsyncSession", project_id: UUID, webhook_id: UUID, *, now: datetime) -> int:
    """Send the deliveries that were given up again, the oldest thousand at most; return how many.

    Raises WebhookNotFound.
    """
    await get_webhook(session, project_id, webhook_id)
    dead = await deliveries.dead_ids(session, project_id, webhook_id, limit=REPLAYED_AT_ONCE)
    for delivery_id in dead:
        await _revive(session, webhook_id, delivery_id, now=now)
    return len(dead)


async def get_delivery(session: "AsyncSession", project_id: UUID, webhook_id: UUID, delivery_id: UUID) -> Delivery:
    """Return a delivery. Raises DeliveryNotFound."""
    delivery = await deliveries.get(session, project_id, webhook_id, delivery_id)
    if delivery is None:
        raise _no_delivery(delivery_id)
    return delivery


async def list_deliveries(
    session: "AsyncSession",
    project_id: UUID,
    webhook_id: UUID,
    request: PageRequest,
    *,
    status: DeliveryStatus | None = None,
) -> Page[Delivery]:
    """Return one page of the log of a webhook, newest first. Raises WebhookNotFound."""
    await get_webhook(session, project_id, webhook_id)
    return await deliveries.list_page(session, project_id, webhook_id, request, status=status)


async def list_attempts(
    session: "AsyncSession", project_id: UUID, webhook_id: UUID, delivery_id: UUID
) -> tuple[DeliveryAttempt, ...]:
    """Return the tries of a delivery, oldest first. Raises DeliveryNotFound."""
    delivery = await get_delivery(session, project_id, webhook_id, delivery_id)
    return await deliveries.list_attempts(session, delivery.id)


async def expire(session: "AsyncSession", *, created_before: datetime, limit: int = 1000) -> int:
    """Delete some of the settled deliveries from before a moment; return how many."""
    return await deliveries.expire(session, created_before=created_before, limit=limit)


async def _revive(session: "AsyncSession", webhook_id: UUID, delivery_id: UUID, *, now: datetime) -> None:
    await deliveries.settle(
        session,
        delivery_id,
        DeliveryStatus.WAITING,
        attempt_count=0,
        next_attempt_at=now,
        finished_at=None,
    )
    await events.queue_delivery(session, delivery_id, webhook_id=webhook_id, is_failing=False)


async def _queue_next(session: "AsyncSession", settled: Delivery, failure_count: int) -> None:
    """Queue what waited for this delivery of the same call, if anything did."""
    if settled.call_id is None:
        return
    following = await deliveries.first_waiting(session, settled)
    if following is not None:
        is_failing = events.is_failing(failure_count)
        await events.queue_delivery(session, following, webhook_id=settled.webhook_id, is_failing=is_failing)


def _no_delivery(delivery_id: UUID) -> DeliveryNotFound:
    return DeliveryNotFound(f"There is no delivery {delivery_id} of this webhook.", param="deliveryId")
