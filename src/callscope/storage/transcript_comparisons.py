"""How the words a call brought differ from those recognised in its recording, one document a call."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ForeignKey, Index, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.transcript import TranscriptComparison
from callscope.storage.base import Base, ProjectId

_comparison = TypeAdapter(TranscriptComparison)


class TranscriptComparisonRow(Base):
    """The comparison of a call's two transcripts, read whole."""

    __tablename__ = "transcript_comparison"
    __table_args__ = (Index(None, "project_id"),)

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"), primary_key=True)
    project_id: Mapped[ProjectId]
    document: Mapped[dict[str, Any]]
    computed_at: Mapped[datetime]


async def save(
    session: AsyncSession, *, project_id: UUID, call_id: UUID, comparison: TranscriptComparison | None, at: datetime
) -> None:
    """Make `comparison` the call's only one; None leaves the call without."""
    if comparison is None:
        await session.execute(delete(TranscriptComparisonRow).where(TranscriptComparisonRow.call_id == call_id))
        return
    values = {"document": _comparison.dump_python(comparison, mode="json"), "computed_at": at}
    statement = insert(TranscriptComparisonRow).values(call_id=call_id, project_id=project_id, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["call_id"], set_=values))


async def read(session: AsyncSession, *, project_id: UUID, call_id: UUID) -> TranscriptComparison | None:
    """Return the comparison of a call, None when it has not two transcripts."""
    query = select(TranscriptComparisonRow.document).where(
        TranscriptComparisonRow.project_id == project_id, TranscriptComparisonRow.call_id == call_id
    )
    document = (await session.execute(query)).scalar_one_or_none()
    return None if document is None else _comparison.validate_python(document)
