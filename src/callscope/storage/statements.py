"""The few statements every ingested call needs, sent straight to the driver.

SQLAlchemy's expression and result machinery costs about a millisecond a statement, a session and its BEGIN and COMMIT
half of one; at ingest that is most of the time.
"""

from collections.abc import Mapping
from typing import Any

from psycopg import AsyncConnection, AsyncCursor, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util.concurrency import greenlet_spawn

from callscope.storage.wake_ups import WakeUps

Row = tuple[Any, ...]


class Statements:
    """Runs statements on the engine's connections, each a transaction of its own: committed when it returns."""

    def __init__(self, engine: AsyncEngine, wake_ups: WakeUps | None = None) -> None:
        self._engine = engine
        self.wake_ups = wake_ups or WakeUps()

    async def execute(self, sql: str, parameters: Mapping[str, Any]) -> Row | None:
        """Run `sql` as `execute_prepared` does."""
        pooled = await self._engine.raw_connection()
        try:
            row = await _autocommitted(pooled, sql, parameters)
        except IntegrityError:
            await greenlet_spawn(pooled.close)
            raise
        except BaseException:
            is_broken = pooled.driver_connection is not None and pooled.driver_connection.broken
            # It may have been stopped half-way: nobody else shall find it so.
            await greenlet_spawn(pooled.invalidate)
            if is_broken:
                # So are all others that wait: let one request find that out, not one for each of them.
                await self._engine.dispose()
            raise
        await greenlet_spawn(pooled.close)
        return row


async def execute_prepared(where: AsyncSession | Statements, sql: str, parameters: Mapping[str, Any]) -> Row | None:
    """Run constant `sql` (psycopg's `%(name)s` style) and return its first row, None when it returns no rows.

    On a session it is part of the session's transaction. Raises psycopg's own errors.
    """
    if isinstance(where, Statements):
        return await where.execute(sql, parameters)
    connection = await where.connection()
    driver = (await connection.get_raw_connection()).driver_connection
    if driver is None:
        raise RuntimeError("the session's connection is closed")
    if driver.autocommit:
        return await _first_row(driver, sql, parameters)
    # A pipeline sends the BEGIN of a transaction and its first statement together.
    async with driver.pipeline():
        cursor = await driver.execute(sql, parameters, prepare=True)
    return await _row_of(cursor)


async def _autocommitted(pooled: PoolProxiedConnection, sql: str, parameters: Mapping[str, Any]) -> Row | None:
    driver = pooled.driver_connection
    if not isinstance(driver, AsyncConnection):
        raise TypeError("the pool's connections are not psycopg's")
    await driver.set_autocommit(True)
    try:
        return await _first_row(driver, sql, parameters)
    finally:
        await driver.set_autocommit(False)


async def _first_row(driver: AsyncConnection[Any], sql: str, parameters: Mapping[str, Any]) -> Row | None:
    return await _row_of(await driver.execute(sql, parameters, prepare=True))


async def _row_of(cursor: AsyncCursor[Row]) -> Row | None:
    return await cursor.fetchone() if cursor.description is not None else None
