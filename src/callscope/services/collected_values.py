"""What one collection job collected, also where a later one has collected the same since."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from callscope.core.analysis import ComputedValue
from callscope.core.metric_policy import EndedItem
from callscope.services.call_metrics import MetricGroup, group_values
from callscope.services.metric_catalogue import read_catalogue
from callscope.services.metric_collection import get_job
from callscope.services.transcripts import read_transcript
from callscope.storage import collection_jobs

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True, kw_only=True)
class JobValuePage:
    """Values of some calls of a job; `next_call` leads to the next ones, None on the last page."""

    groups: tuple[tuple[UUID, MetricGroup], ...]
    next_call: UUID | None


async def list_job_values(
    session: "AsyncSession", project_id: UUID, job_id: UUID, *, after_call: UUID | None, call_limit: int
) -> JobValuePage:
    """Return what a job collected of the calls after `after_call`. Raises CollectionJobNotFound.

    Calls that were deleted since are left out.
    """
    job = await get_job(session, project_id, job_id)
    items = await collection_jobs.read_ended(session, job.id, after_call=after_call, call_limit=call_limit)
    catalogue = await read_catalogue(session, project_id)
    by_call: dict[UUID, list[EndedItem]] = {}
    for item in items:
        by_call.setdefault(item.call_id, []).append(item)
    visible = await collection_jobs.known_calls(session, project_id, by_call)
    groups: list[tuple[UUID, MetricGroup]] = []
    for call_id, of_call in by_call.items():
        if call_id in visible:
            transcript = await read_transcript(session, project_id, call_id)
            entries = () if transcript is None else transcript.entries
            computed = _computed(of_call, job.id)
            found = await group_values(session, computed, call_id, entries, catalogue)
            groups += [(call_id, group) for group in found]
    next_call = max(by_call) if len(by_call) == call_limit else None
    return JobValuePage(groups=tuple(groups), next_call=next_call)


def _computed(items: list[EndedItem], job_id: UUID) -> list[ComputedValue]:
    return [
        ComputedValue(
            id=uuid5(job_id, f"{item.call_id}/{item.ordinal}/{place}"),
            value=value,
            computed_at=item.computed_at,
            job_id=job_id,
        )
        for item in items
        if item.computed_at is not None
        for place, value in enumerate(item.values)
    ]
