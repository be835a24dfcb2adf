"""The door to PostgreSQL: engines and session factories, async for the service and sync for migrations."""

from typing import Any

import pydantic_core
from psycopg import OperationalError
from sqlalchemy import URL, Engine, make_url, text
from sqlalchemy import create_engine as create_plain_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

DRIVER = "postgresql+psycopg"

Session = AsyncSession
"""What rooms that do not know SQLAlchemy pass on."""

SessionFactory = async_sessionmaker[AsyncSession]


def normalize_url(url: str | URL) -> URL:
    """Return `url` with our driver, whatever driver or spelling (`postgres://`) it came with."""
    text = url.render_as_string(hide_password=False) if isinstance(url, URL) else url
    return make_url(text.replace("postgres://", "postgresql://", 1)).set(drivername=DRIVER)


PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""libpq's own parameters: a database host that vanishes without a word is given up within half a minute."""


OPTIONS = "-c timezone=UTC -c max_parallel_workers_per_gather=0"
"""Of each connection: helpers take longer to start than a page takes, and many requests need every processor."""


def patience_of(url: str | URL) -> dict[str, int]:
    """Return how long connections to `url` wait for a host that is silent, as far as the URL does not say it itself."""
    return {name: value for name, value in PATIENCE.items() if name not in normalize_url(url).query}


def create_engine(url: str | URL, *, pool_size: int = 20) -> AsyncEngine:
    """Return an async engine of at most `pool_size` connections, made when needed and kept.

    None are made for a rush and closed after it: under steady load that is one after every few requests, and a new
    connection costs more than a request. The one returned last is taken first, so that few do most of the work.
    """
    return create_async_engine(
        normalize_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_use_lifo=True,
        pool_recycle=1800,
        json_serializer=to_json,
        json_deserializer=pydantic_core.from_json,
        connect_args={"options": OPTIONS, **patience_of(url)},
    )


def create_sync_engine(url: str | URL) -> Engine:
    """Return a synchronous engine for migrations."""
    return create_plain_engine(normalize_url(url), json_serializer=to_json)


def session_factory(engine: AsyncEngine) -> SessionFactory:
    """Return a factory of sessions whose transaction the edge (route or job stage) commits."""
    return async_sessionmaker(engine, expire_on_commit=False, autoflush=False)


def read_session_factory(engine: AsyncEngine) -> SessionFactory:
    """Return a factory of sessions for reading: each statement stands alone, without BEGIN and COMMIT around it."""
    return async_sessionmaker(
        engine.execution_options(isolation_level="AUTOCOMMIT"), expire_on_commit=False, autoflush=False
    )


async def is_reachable(engine: AsyncEngine) -> bool:
    """Tell whether the database answers."""
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except DBAPIError:
        return False
    return True


def is_away(error: BaseException) -> bool:
    """Tell whether an error means that the database does not answer or has no room, and that it may again later."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(cause, OperationalError | PoolTimeout)


def to_json(value: Any) -> str:  # noqa: ANN401 - JSON is anything
    """Return compact JSON; ids and points in time become text. NaN and infinities become what PostgreSQL refuses."""
    return pydantic_core.to_json(value, inf_nan_mode="constants").decode()
