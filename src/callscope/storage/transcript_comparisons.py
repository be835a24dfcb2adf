"""How the words a call brought differ from those recognised in its recording, one document a call."""

from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from callscope.core.transcript import TranscriptComparison
from callscope.storage import call_documents
from callscope.storage.call_documents import CallDocument

_comparison = TypeAdapter(TranscriptComparison)


class TranscriptComparisonRow(CallDocument):
    """The comparison of a call's two transcripts."""

    __tablename__ = "transcript_comparison"


async def save(
    session: AsyncSession, *, project_id: UUID, call_id: UUID, comparison: TranscriptComparison | None, at: datetime
) -> None:
    """Make `comparison` the call's only one; None leaves the call without."""
    await call_documents.save(
        session, TranscriptComparisonRow, _comparison, project_id=project_id, call_id=call_id, content=comparison, at=at
    )


async def read(session: AsyncSession, *, project_id: UUID, call_id: UUID) -> TranscriptComparison | None:
    """Return the comparison of a call, None when it has not two transcripts."""
    row = TranscriptComparisonRow
    return await call_documents.read(session, row, _comparison, project_id=project_id, call_id=call_id)
