"""Comparison of the models with a migrated database."""

from collections.abc import MutableMapping
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from callscope.storage.tables import load_metadata


def is_ours(name: str | None, type_: str, _parents: MutableMapping[Any, Any]) -> bool:
    """Leave the job library's tables to the job library."""
    return not (type_ == "table" and name is not None and name.startswith("procrastinate_"))


def differences(connection: Connection) -> list[Any]:
    """Return what a new migration would have to do to bring the database to the models; empty when they agree."""
    options = {"include_name": is_ours, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), load_metadata()))
