"""Which database: the operator's by setting, else the embedded one of the data directory."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from callscope.boot.settings import Settings
from callscope.storage import embedded
from callscope.storage.engine import create_engine, session_factory

ResultT = TypeVar("ResultT")


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


async def run_in_session(url: str, action: Callable[[AsyncSession], Awaitable[ResultT]]) -> ResultT:
    """Return what `action` makes of a session of its own, and commit it."""
    engine = create_engine(url, pool_size=1)
    try:
        async with session_factory(engine).begin() as session:
            return await action(session)
    finally:
        await engine.dispose()
