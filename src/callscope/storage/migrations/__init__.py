"""Schema migrations, shipped with the package and applied by `callscope db upgrade` or at server start."""

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, text

from callscope.storage.engine import create_sync_engine

UPGRADE_LOCK = 0x63616C6C73636F70
"""The advisory lock ("callscop") under which one process at a time migrates a database."""


def alembic_config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration for this package, bound to `connection` where one is at hand."""
    config = Config()
    config.set_main_option("script_location", "callscope.storage:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(url: str | URL, *, revision: str = "head") -> str:
    """Bring the database at `url` to the newest schema, or one before it, and return its revision.

    Many processes may do so at once.
    """
    engine = create_sync_engine(url)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": UPGRADE_LOCK})
            connection.commit()
            try:
                command.upgrade(alembic_config(connection), revision)
                connection.commit()
                return str(MigrationContext.configure(connection).get_current_revision())
            finally:
                connection.rollback()
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": UPGRADE_LOCK})
                connection.commit()
    finally:
        engine.dispose()


def newest_revision() -> str:
    """Return the revision this version of the package expects."""
    return str(ScriptDirectory.from_config(alembic_config()).get_current_head())
