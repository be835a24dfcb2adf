"""The jobs that send events to webhooks: one try each, settled in the delivery."""

import random
from dataclasses import replace
from datetime import timedelta
from time import monotonic
from uuid import UUID

import structlog

from callscope.core.webhook import DeliveryAttempt
from callscope.outbound.errors import FetchFailed, UrlForbidden
from callscope.pipeline.context import PipelineContext
from callscope.pipeline.job_spans import note
from callscope.pipeline.retries import GIVE_UP, RetrySchedule
from callscope.services import deliveries
from callscope.services.deliveries import DueDelivery

log = structlog.get_logger(__name__)

ANSWER_TIMEOUT_S = 10.0
LOG_RETENTION = timedelta(days=30)


async def deliver_event(context: PipelineContext, delivery_id: UUID) -> None:
    """Try a delivery once, unless it is settled or not its turn, and record how it went.

    A worker that dies between the two leaves the try unrecorded, and it is made again: receivers drop what bears an
    id they have seen.
    """
    async with context.sessions.begin() as session:
        due = await deliveries.due(session, delivery_id)
    if due is None:
        return
    attempt, schedule, asked_wait_s = await _try(context, due)
    wait_s = schedule.wait_after(
        due.delivery.attempt_count + 1,
        elapsed_s=0.0,
        jitter=random.random(),  # noqa: S311 - spreads load, guards nothing
        at_least_s=asked_wait_s,
    )
    now = context.clock.now()
    async with context.sessions.begin() as session:
        status = await deliveries.settle(
            session,
            due.delivery,
            attempt,
            at=now,
            next_attempt_at=None if wait_s is None else now + timedelta(seconds=wait_s),
        )
    note(outcome="discarded" if status is None else status.value.lower(), webhook_id=str(due.webhook.id))
    log.info(
        "event_delivery_tried",
        delivery_id=str(delivery_id),
        webhook_id=str(due.webhook.id),
        http_status=attempt.http_status,
        status=status,
    )


async def expire_deliveries(context: PipelineContext) -> None:
    """Delete the log of what was settled long ago, some at a time."""
    before, count = context.clock.now() - LOG_RETENTION, -1
    while count != 0:
        async with context.sessions.begin() as session:
            count = await deliveries.expire(session, created_before=before)


async def _try(context: PipelineContext, due: DueDelivery) -> tuple[DeliveryAttempt, RetrySchedule, float | None]:
    """Send, and return how it went, when to try again if it went badly, and the wait the receiver asks for."""
    began_at, began_s = context.clock.now(), monotonic()
    attempt = DeliveryAttempt(started_at=began_at, duration_ms=0, http_status=None, error=None)
    schedule, asked_wait_s = context.retries.delivery, None
    message = deliveries.sign(due, at=began_at)
    try:
        receipt = await context.outbound.notify(
            due.webhook.url, headers=message.headers, content=message.content, timeout_s=ANSWER_TIMEOUT_S
        )
        attempt, asked_wait_s = replace(attempt, http_status=receipt.http_status), receipt.retry_after_s
    except UrlForbidden as error:
        attempt, schedule = replace(attempt, error=error.message), GIVE_UP
    except FetchFailed as error:
        attempt = replace(attempt, error=error.message)
    return replace(attempt, duration_ms=round((monotonic() - began_s) * 1000)), schedule, asked_wait_s
