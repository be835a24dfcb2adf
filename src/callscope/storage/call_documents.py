"""What is kept of a call as one document: written whole, read whole, at most one of a kind."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ForeignKey, Text, cast, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.storage.base import Base, ProjectId

ContentT = TypeVar("ContentT")


class CallDocument(Base):
    """The columns that every table of documents has."""

    __abstract__ = True

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"), primary_key=True)
    project_id: Mapped[ProjectId] = mapped_column(index=True)
    document: Mapped[dict[str, Any]]
    computed_at: Mapped[datetime]


async def save(
    session: AsyncSession,
    row: type[CallDocument],
    adapter: TypeAdapter[ContentT],
    *,
    project_id: UUID,
    call_id: UUID,
    content: ContentT | None,
    at: datetime,
    columns: Mapping[str, object] | None = None,
) -> None:
    """Make `content` the call's only document of its kind, beside the table's other `columns`; None removes it."""
    if content is None:
        await session.execute(delete(row).where(row.call_id == call_id))
        return
    values = {"document": adapter.dump_python(content, mode="json"), "computed_at": at, **(columns or {})}
    statement = insert(row).values(call_id=call_id, project_id=project_id, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["call_id"], set_=values))


async def read(
    session: AsyncSession, row: type[CallDocument], adapter: TypeAdapter[ContentT], *, project_id: UUID, call_id: UUID
) -> ContentT | None:
    """Return a call's document, None when it has none."""
    # As text: parsed and checked in one go, which for a call of hours takes half the time.
    query = select(cast(row.document, Text)).where(row.project_id == project_id, row.call_id == call_id)
    document = (await session.execute(query)).scalar_one_or_none()
    return None if document is None else adapter.validate_json(document)
