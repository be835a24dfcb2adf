"""The inbox of the integrations: stored with its job before the sender is answered, read afterwards."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.ids import new_id
from callscope.core.integration import Integration
from callscope.integrations.fields import parse_object
from callscope.integrations.readers import READERS
from callscope.services import live_calls, redaction
from callscope.storage import integration_messages
from callscope.storage.integration_messages import StoredMessage
from callscope.storage.statements import Statements

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

EXPIRED_PER_TRANSACTION = 500
MAX_REF_LENGTH = 255


async def accept(
    statements: Statements,
    integration: Integration,
    body: bytes,
    *,
    project_id: UUID,
    api_key_id: UUID | None,
    now: datetime,
) -> UUID:
    """Store a message and its job, and return its id once both are committed.

    Raises InvalidInput for one that does not say of which call it is: it could never be read.
    """
    ref = READERS[integration].call_ref(parse_object(body))
    message = StoredMessage(
        id=new_id(),
        project_id=project_id,
        api_key_id=api_key_id,
        integration=integration,
        call_ref=ref[:MAX_REF_LENGTH],
        body=body,
        received_at=now,
    )
    await integration_messages.add(statements, message)
    return message.id


async def read(session: "AsyncSession", message_id: UUID, *, now: datetime) -> None:
    """Bring the call a stored message is about up to date; nothing for a message that was read before.

    What cannot be used is noted at the message, which stays as it came. Raises CallscopeError when nothing of it can;
    the transaction must then be rolled back and `set_aside` called.
    """
    message = await integration_messages.read_waiting(session, message_id)
    if message is None:
        return
    news = READERS[message.integration].news(parse_object(message.body), message.received_at)
    call_id: UUID | None = None
    notes: tuple[str, ...] = ()
    if news is not None:
        call_id, notes = await live_calls.take(session, message.integration, message.project_id, news, now=now)
    await integration_messages.mark_handled(session, message_id, at=now, call_id=call_id, fault=" ".join(notes) or None)
    if await redaction.kinds_of(session, message.project_id):
        await integration_messages.forget_body(session, message_id)


async def set_aside(session: "AsyncSession", message_id: UUID, *, reason: str, now: datetime) -> None:
    """Note why nothing can be made of a message."""
    await integration_messages.mark_handled(session, message_id, at=now, call_id=None, fault=reason)


async def read_again(session: "AsyncSession", project_id: UUID, message_id: UUID) -> bool:
    """Queue a message that was set aside once more; return whether there was one."""
    return await integration_messages.put_back(session, project_id, message_id)


async def expire(session: "AsyncSession", *, received_before: datetime) -> int:
    """Delete messages that were read and are old, at most some; return how many were."""
    return await integration_messages.expire(session, received_before=received_before, limit=EXPIRED_PER_TRANSACTION)
