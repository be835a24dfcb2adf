"""Word of changed calls from whoever writes to whoever shows: PostgreSQL's NOTIFY, sent when a transaction commits."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import psycopg
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

CHANNEL = "callscope_call_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedCall:
    """A call of which something changed."""

    project_id: UUID
    call_id: UUID


async def tell(session: AsyncSession, project_id: UUID, call_id: UUID) -> None:
    """Say that something of a call changed, if and when the session's transaction commits.

    Told twice in a transaction, it is heard once.
    """
    await session.execute(select(func.pg_notify(CHANNEL, f"{project_id} {call_id}")))


@asynccontextmanager
async def listening(database_url: str) -> AsyncIterator[AsyncIterator[ChangedCall]]:
    """Open a connection of its own and yield the changes as they are told; it ends when the connection does.

    `database_url` is a libpq URL.
    """
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute(f"LISTEN {CHANNEL}")
        async with aclosing(connection.notifies()) as notifies:
            yield (_parse(notify.payload) async for notify in notifies)


def _parse(payload: str) -> ChangedCall:
    project_id, call_id = payload.split()
    return ChangedCall(project_id=UUID(project_id), call_id=UUID(call_id))
