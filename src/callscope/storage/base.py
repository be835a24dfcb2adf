"""The declarative base: one naming convention, and the column types every table uses."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, BindParameter, ForeignKey, LargeBinary, MetaData, Text, func, literal, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.dialects.postgresql import UUID as POSTGRES_UUID
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING_CONVENTION = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}

Id = Annotated[UUID, mapped_column(primary_key=True)]
"""A UUIDv7 made by `core.ids.new_id` before the row is written."""

ProjectId = Annotated[UUID, mapped_column(ForeignKey("project.id", ondelete="CASCADE"))]
CallId = Annotated[UUID, mapped_column(ForeignKey("call.id", ondelete="CASCADE"))]

CreatedAt = Annotated[datetime, mapped_column(server_default=func.now())]
EmptyObject = Annotated[dict[str, Any], mapped_column(server_default=text("'{}'::jsonb"))]
Milliseconds = Annotated[int, mapped_column(BigInteger)]


class Base(DeclarativeBase):
    """The root of every row. Rows never leave storage."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text(),
        datetime: TIMESTAMP(timezone=True),
        UUID: POSTGRES_UUID(),
        dict[str, Any]: JSONB(),
    }


ARRAY_TYPES: dict[type, ARRAY[Any]] = {UUID: ARRAY(POSTGRES_UUID()), str: ARRAY(Text()), bytes: ARRAY(LargeBinary())}


def array_of(values: Collection[Any], item_type: type) -> BindParameter[Any]:
    """Return `values` as one array parameter for `column == any_(…)`: one statement whatever their number."""
    return literal(list(values), ARRAY_TYPES[item_type])
