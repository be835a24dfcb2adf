"""Which database: the operator's by setting, else the embedded one of the data directory."""

from collections.abc import Iterator
from contextlib import contextmanager

from callscope.boot.settings import Settings
from callscope.storage import embedded


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
