"""One embedded PostgreSQL per test process, built from the migrations; each test works on a clone of it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from callscope.storage import embedded, migrations

TEMPLATE = "callscope_template"


@dataclass(frozen=True, kw_only=True)
class DatabaseServer:
    """A running server that holds a migrated template database."""

    url: str
    _numbers: count

    def url_of(self, database: str) -> str:
        return make_url(self.url).set(database=database).render_as_string(hide_password=False)

    def clone(self) -> str:
        """Return the URL of a fresh database with the newest schema and no rows."""
        name = f"test_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        # Durability is the crash tests' subject; they start servers of their own.
        self.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
        return self.url_of(name)

    def create_empty(self) -> str:
        """Return the URL of a fresh database without any schema."""
        name = f"empty_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url_of(name)

    def drop(self, url: str) -> None:
        self.execute(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def running_server() -> Iterator[DatabaseServer]:
    """Start a server in a temporary directory, build the template, stop it at the end."""
    with tempfile.TemporaryDirectory(prefix="callscope-test-") as directory:
        database = embedded.start(Path(directory))
        try:
            server = DatabaseServer(url=database.url, _numbers=count(1))
            server.execute(f"CREATE DATABASE {TEMPLATE}")
            migrations.upgrade(server.url_of(TEMPLATE))
            yield server
        finally:
            database.stop()
