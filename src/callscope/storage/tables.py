"""Every table of the database: importing this module fills `Base.metadata`, which migrations are checked against."""

import importlib
import pkgutil

from sqlalchemy import MetaData

import callscope.storage
from callscope.storage.base import Base

NOT_TABLES = {"tables", "migrations"}


def load_metadata() -> MetaData:
    """Import every module of storage, so that none can be forgotten, and return the metadata they fill."""
    for module in pkgutil.iter_modules(callscope.storage.__path__):
        if module.name not in NOT_TABLES:
            importlib.import_module(f"callscope.storage.{module.name}")
    return Base.metadata
