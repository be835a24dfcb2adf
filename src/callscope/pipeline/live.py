"""The jobs about calls that come in while they run: their messages read, those that fell silent closed."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from psycopg import OperationalError
from sqlalchemy.exc import DBAPIError

from callscope.core.errors import CallscopeError
from callscope.pipeline.context import PipelineContext
from callscope.services import integration_messages, live_calls, live_chunks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

log = structlog.get_logger(__name__)

Step = Callable[["AsyncSession"], Awaitable[int]]
"""Does some of what is to be done, and returns how much."""

SET_ASIDE = "An internal error kept this message from being read. The worker's log names it under its id."


async def read_message(context: PipelineContext, message_id: UUID) -> None:
    """Read a message of the inbox; one that breaks its transaction is set aside, so that others get through."""
    try:
        async with context.sessions.begin() as session:
            await integration_messages.read(session, message_id, now=context.clock.now())
    except CallscopeError as error:
        log.warning("message_refused", message_id=str(message_id), code=error.code)
        await _set_aside(context, message_id, error.message)
    except Exception as error:
        if is_away(error):
            raise
        log.exception("message_set_aside", message_id=str(message_id))
        await _set_aside(context, message_id, SET_ASIDE)


async def sweep_live_calls(context: PipelineContext) -> None:
    """Close calls that fell silent, and delete chunks and messages past their time, some at a time."""
    now, rules = context.clock.now(), context.live
    silent_since = now - timedelta(seconds=rules.silence_s)
    assembled_before = now - timedelta(seconds=rules.late_chunks_s)
    received_before = now - timedelta(days=rules.message_retention_days)
    steps: Sequence[tuple[str, Step]] = (
        ("live_calls_closed", lambda session: live_calls.sweep(session, silent_since=silent_since, now=now)),
        (
            "live_chunks_cleared",
            lambda session: live_chunks.clear(session, context.objects, assembled_before=assembled_before),
        ),
        (
            "messages_expired",
            lambda session: integration_messages.expire(session, received_before=received_before),
        ),
    )
    for event, step in steps:
        total_count = await _repeat(context, step)
        if total_count:
            log.info(event, count=total_count)


async def _repeat(context: PipelineContext, step: Step) -> int:
    """Take a step, each time in a transaction of its own, until there is nothing left to do; return how much was."""
    total_count, count = 0, -1
    while count != 0:
        async with context.sessions.begin() as session:
            count = await step(session)
        total_count += count
    return total_count


async def _set_aside(context: PipelineContext, message_id: UUID, reason: str) -> None:
    async with context.sessions.begin() as session:
        await integration_messages.set_aside(session, message_id, reason=reason, now=context.clock.now())


def is_away(error: Exception) -> bool:
    """Tell whether the database, not the message, is the cause."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(cause, OperationalError)
