"""What the traces of a call explain of its responses: one document each, as it was last measured."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ForeignKey, Index, Text, cast, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.span_meaning import Attribution
from callscope.storage.base import Base, ProjectId

_attribution = TypeAdapter(Attribution)


class AttributionRow(Base):
    """The spans of a call's agent laid on its recording. It is read whole."""

    __tablename__ = "attribution"
    __table_args__ = (Index(None, "project_id"),)

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"), primary_key=True)
    project_id: Mapped[ProjectId]
    document: Mapped[dict[str, Any]]
    computed_at: Mapped[datetime]


async def save(
    session: AsyncSession, *, project_id: UUID, call_id: UUID, attribution: Attribution | None, at: datetime
) -> None:
    """Make `attribution` the call's only one; None leaves the call without."""
    if attribution is None:
        await session.execute(delete(AttributionRow).where(AttributionRow.call_id == call_id))
        return
    values = {"document": _attribution.dump_python(attribution, mode="json"), "computed_at": at}
    statement = insert(AttributionRow).values(call_id=call_id, project_id=project_id, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["call_id"], set_=values))


async def read(session: AsyncSession, *, project_id: UUID, call_id: UUID) -> Attribution | None:
    """Return what was last measured, None before anything was or when the call has no trace."""
    query = select(cast(AttributionRow.document, Text)).where(
        AttributionRow.project_id == project_id, AttributionRow.call_id == call_id
    )
    document = (await session.execute(query)).scalar_one_or_none()
    return None if document is None else _attribution.validate_json(document)
