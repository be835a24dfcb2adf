"""What the traces of a call explain of its responses: one document each, as it was last measured."""

from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from callscope.core.span_meaning import Attribution
from callscope.storage import call_documents
from callscope.storage.call_documents import CallDocument

_attribution = TypeAdapter(Attribution)


class AttributionRow(CallDocument):
    """The spans of a call's agent laid on its recording."""

    __tablename__ = "attribution"


async def save(
    session: AsyncSession, *, project_id: UUID, call_id: UUID, attribution: Attribution | None, at: datetime
) -> None:
    """Make `attribution` the call's only one; None leaves the call without."""
    await call_documents.save(
        session, AttributionRow, _attribution, project_id=project_id, call_id=call_id, content=attribution, at=at
    )


async def read(session: AsyncSession, *, project_id: UUID, call_id: UUID) -> Attribution | None:
    """Return what was last measured, None before anything was or when the call has no trace."""
    return await call_documents.read(session, AttributionRow, _attribution, project_id=project_id, call_id=call_id)
