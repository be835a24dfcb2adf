"""Work that failed: seen in one place, and tried again."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.errors import Conflict, NotFound
from callscope.core.failed_work import FailedWork, RunningWork, WorkKind
from callscope.core.page import Page, PageRequest
from callscope.services import analyses, deliveries, integration_messages, metric_collection
from callscope.storage import deliveries as stored_deliveries
from callscope.storage import failed_work

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

SHOWN_AT_ONCE = 20
MOST_RETRIED_AT_ONCE = 1000
"""Of one kind by one click: the browser waits for the answer."""


class FailedWorkNotFound(NotFound):
    """The project has no such failed work: it was tried again meanwhile, or its call is gone."""


async def list_given_up(
    session: "AsyncSession", project_id: UUID, request: PageRequest, *, kind: WorkKind | None
) -> Page[FailedWork]:
    """Return one page of what was given up, of one kind or of all, the latest first."""
    return await failed_work.given_up_page(session, project_id, request, kind=kind)


async def count_given_up(session: "AsyncSession", project_id: UUID) -> Mapping[WorkKind, int]:
    """Return how much of each kind was given up."""
    return await failed_work.count_given_up(session, project_id)


async def list_postponed(session: "AsyncSession", project_id: UUID) -> tuple[FailedWork, ...]:
    """Return some of what failed and is tried again by itself, the next first."""
    return await failed_work.postponed(session, project_id, limit=SHOWN_AT_ONCE)


async def list_running(session: "AsyncSession", project_id: UUID) -> tuple[RunningWork, ...]:
    """Return some of the project's jobs that are under way, the longest first."""
    return await failed_work.running(session, project_id, limit=SHOWN_AT_ONCE)


async def ids_of_kind(session: "AsyncSession", project_id: UUID, kind: WorkKind) -> list[UUID]:
    """Return what of a kind was given up, the latest `MOST_RETRIED_AT_ONCE` at most."""
    return await failed_work.ids_of_kind(session, project_id, kind, limit=MOST_RETRIED_AT_ONCE)


async def retry(session: "AsyncSession", project_id: UUID, kind: WorkKind, work_id: UUID, *, now: datetime) -> None:
    """Try again what was given up. Raises FailedWorkNotFound, Conflict when somebody else did so at this moment."""
    match kind:
        case WorkKind.METRICS:
            await metric_collection.retry_job(session, project_id, work_id, now=now)
        case WorkKind.MESSAGE:
            if not await integration_messages.read_again(session, project_id, work_id):
                raise _not_found(work_id)
        case WorkKind.DELIVERY:
            delivery = await stored_deliveries.read(session, work_id)
            if delivery is None or delivery.project_id != project_id:
                raise _not_found(work_id)
            await deliveries.replay(session, project_id, delivery.webhook_id, work_id, now=now)
        case _:
            analysis = await analyses.find(session, project_id, work_id)
            if analysis is None:
                raise _not_found(work_id)
            await analyses.rerun(session, project_id, analysis.call_id, at=now)


async def retry_each(
    session: "AsyncSession", project_id: UUID, kind: WorkKind, work_ids: Sequence[UUID], *, now: datetime
) -> None:
    """Try several again; what somebody else settled meanwhile is left to them."""
    for work_id in work_ids:
        try:
            await retry(session, project_id, kind, work_id, now=now)
        except (NotFound, Conflict):
            continue


def _not_found(work_id: UUID) -> FailedWorkNotFound:
    return FailedWorkNotFound(f"There is no failed work {work_id} in this project.")
