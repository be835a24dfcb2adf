"""What stands around a call on its page: its place in the list one came from, notes, analyses, a second transcript."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.analysis import Analysis
from callscope.core.call import Call
from callscope.core.call_query import CallSort
from callscope.core.saved_view import CallNote
from callscope.core.transcript import TranscriptComparison
from callscope.services import analyses, call_figures, call_notes, calls, transcripts
from callscope.web.list_address import ListAddress

if TYPE_CHECKING:
    from callscope.storage.engine import Session

ORDERED_BY_ALL = frozenset({CallSort.STARTED_AT, CallSort.CREATED_AT, CallSort.STATUS})
"""What every call has, so that there is a call before and after each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """`comparison` None unless the call has a transcript that was sent and one that was recognised."""

    before_id: UUID | None
    after_id: UUID | None
    notes: tuple[CallNote, ...]
    analyses: tuple[Analysis, ...]
    comparison: TranscriptComparison | None


async def read_surroundings(session: "Session", project_id: UUID, call: Call, address: ListAddress) -> Surroundings:
    """Return what stands around a call of the project. Raises InvalidInput for an address that cannot be read."""
    before_id, after_id = await _neighbours(session, project_id, call, address)
    return Surroundings(
        before_id=before_id,
        after_id=after_id,
        notes=await call_notes.of_call(session, project_id, call.id),
        analyses=await analyses.history(session, project_id, call.id),
        comparison=await transcripts.read_comparison(session, project_id, call.id),
    )


async def _neighbours(
    session: "Session", project_id: UUID, call: Call, address: ListAddress
) -> tuple[UUID | None, UUID | None]:
    query = address.call_query(after=None, limit=1)
    if address.worst is not None:
        return await call_figures.neighbours_in(session, project_id, query, address.worst, call)
    if query.sort_by not in ORDERED_BY_ALL:
        query = replace(query, sort_by=CallSort.STARTED_AT, is_descending=True)
    return await calls.neighbours_in(session, project_id, query, call)
