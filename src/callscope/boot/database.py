"""Which database: the operator's by setting, else the embedded one of the data directory."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import psycopg
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callscope.boot.logging import configure_logging
from callscope.boot.settings import Settings
from callscope.storage import embedded, migrations
from callscope.storage.engine import SessionFactory, create_engine, session_factory

log = structlog.get_logger(__name__)

ResultT = TypeVar("ResultT")

WATCH_INTERVAL_S = 1.0


@contextmanager
def open_database(settings: Settings) -> Iterator[str]:
    """Yield the URL of a running database; an embedded one is held until the end of the block."""
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    database = embedded.start(settings.data_dir)
    try:
        yield database.url
    finally:
        database.stop()


async def keep_running(settings: Settings) -> None:
    """Start the embedded database again whenever it dies, until cancelled; the operator's own is the operator's."""
    while settings.database_url is None:
        await asyncio.sleep(WATCH_INTERVAL_S)
        try:
            await asyncio.to_thread(embedded.revive, settings.data_dir)
        except (embedded.DatabaseUnavailable, psycopg.Error, OSError) as error:
            # A full disk, say: it starts again once there is room.
            log.exception("embedded_database_not_revived", exc_info=error)


def on_settings_database(action: Callable[[AsyncSession], Awaitable[ResultT]]) -> ResultT:
    """Return what `action` makes of a session on the settings' database, at this version's schema, and commit it.

    For commands: what they print is on stdout, the log is on stderr.
    """
    settings = Settings()
    configure_logging(settings.log_format)
    with open_database(settings) as url:
        migrations.upgrade(url)
        return asyncio.run(run_in_session(url, action))


async def run_in_session(url: str, action: Callable[[AsyncSession], Awaitable[ResultT]]) -> ResultT:
    """Return what `action` makes of a session of its own, and commit it."""
    engine = create_engine(url, pool_size=2)
    try:
        async with session_factory(engine).begin() as session:
            return await action(session)
    finally:
        await engine.dispose()


def with_settings_sessions(action: Callable[[SessionFactory], Awaitable[ResultT]]) -> ResultT:
    """Return what `action` makes of sessions on the settings' database, at this version's schema; it commits them.

    For commands that work through more than one transaction holds.
    """
    settings = Settings()
    configure_logging(settings.log_format)

    async def run(url: str) -> ResultT:
        engine = create_engine(url, pool_size=2)
        try:
            return await action(session_factory(engine))
        finally:
            await engine.dispose()

    with open_database(settings) as url:
        migrations.upgrade(url)
        return asyncio.run(run(url))
