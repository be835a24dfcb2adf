"""The few statements every ingested call needs, sent straight to the driver on the session's own transaction.

SQLAlchemy's expression and result machinery costs about a millisecond a statement; at ingest that is most of the time.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession


async def execute_prepared(session: AsyncSession, sql: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Run constant `sql` (psycopg's `%(name)s` style) and return its first row, None when it returns no rows.

    Raises psycopg's own errors.
    """
    connection = await session.connection()
    driver = (await connection.get_raw_connection()).driver_connection
    if driver is None:
        raise RuntimeError("the session's connection is closed")
    if driver.autocommit:
        cursor = await driver.execute(sql, parameters, prepare=True)
    else:
        # A pipeline sends the BEGIN of a transaction and its first statement together.
        async with driver.pipeline():
            cursor = await driver.execute(sql, parameters, prepare=True)
    row: tuple[Any, ...] | None = await cursor.fetchone() if cursor.description is not None else None
    return row
