"""What happened to a call, told to the webhooks that asked: written in the transaction in which it happened."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from callscope.core.jobs import JobName
from callscope.core.webhook import WebhookEvent
from callscope.storage import deliveries, jobs

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

FAILURES_OF_A_SLOW_LINE = 3
"""A webhook that failed so often in a row waits in the line of retries, where it holds up nobody who answers."""


async def emit(
    session: "AsyncSession",
    *,
    project_id: UUID,
    event_type: WebhookEvent,
    call_id: UUID | None,
    data: Mapping[str, Any],
) -> None:
    """Write a delivery, and its job, for every webhook of the project that asked for `event_type`.

    They exist if, and only if, the caller's transaction commits. Deliveries of one `call_id` keep the order in which
    they were emitted. `data` is sent as it is: JSON values, ids and no words of the call.
    """
    subscribed = await deliveries.hold_subscribed(session, project_id, event_type.value)
    for webhook_id, failure_count in subscribed:
        delivery_id = await deliveries.add(
            session,
            project_id=project_id,
            webhook_id=webhook_id,
            event=event_type.wire_name,
            call_id=call_id,
            data=data,
        )
        await queue_delivery(session, delivery_id, webhook_id=webhook_id, is_failing=is_failing(failure_count))


def is_failing(failure_count: int) -> bool:
    """Tell whether a webhook with so many failures in a row is taken to be away."""
    return failure_count >= FAILURES_OF_A_SLOW_LINE


async def queue_delivery(session: "AsyncSession", delivery_id: UUID, *, webhook_id: UUID, is_failing: bool) -> None:
    """Have a delivery sent soon. One at a time goes to a webhook that answers, so that a slow one takes one hand."""
    args = {"delivery_id": str(delivery_id)}
    if is_failing:
        await jobs.defer(session, JobName.REDELIVER_EVENT, args=args)
    else:
        await jobs.defer(session, JobName.DELIVER_EVENT, args=args, lock=f"webhook:{webhook_id}")
