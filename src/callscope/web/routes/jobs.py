"""The settings page of the jobs: whether work gets done, what failed and why, and trying it again."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from callscope.core.failed_work import WorkKind
from callscope.core.page import PageRequest
from callscope.core.roles import Role
from callscope.services import failed_work, monitoring
from callscope.web.page_route import PageRoute
from callscope.web.pages import FROM_OUR_FORM, PagesDependency, RequiresRole, Visitor, show
from callscope.web.views.jobs import FoundWork, build_jobs_page

router = APIRouter(prefix="/settings/jobs", route_class=PageRoute, include_in_schema=False)

JOBS = "/settings/jobs"
SHOWN = 50
RETRIED_PER_TRANSACTION = 100

Worker = Annotated[Visitor, Depends(RequiresRole(Role.MEMBER, "call:update"))]


@router.get("")
async def show_jobs(
    request: Request,
    pages: PagesDependency,
    visitor: Worker,
    kind: WorkKind | None = None,
    after: str | None = None,
) -> Response:
    """Show how the lines of the installation stand, and what of the project runs, is tried again, or was given up."""
    async with pages.reads() as session:
        found = FoundWork(
            state=await monitoring.work_state(session),
            running=await failed_work.list_running(session, visitor.project_id),
            postponed=await failed_work.list_postponed(session, visitor.project_id),
            counts=await failed_work.count_given_up(session, visitor.project_id),
            given_up=await failed_work.list_given_up(
                session, visitor.project_id, PageRequest(after=after, limit=SHOWN), kind=kind
            ),
        )
    return show(request, "jobs.html", page=build_jobs_page(found, visitor, path=JOBS, kind=kind, after=after))


@router.post("/{kind}/retry", dependencies=[FROM_OUR_FORM])
async def retry_all(pages: PagesDependency, visitor: Worker, kind: WorkKind) -> Response:
    """Try everything of a kind again, some at a time, each some in a transaction of their own."""
    visitor.require(kind.permission)
    async with pages.reads() as session:
        found = await failed_work.ids_of_kind(session, visitor.project_id, kind)
    for first in range(0, len(found), RETRIED_PER_TRANSACTION):
        async with pages.transactions.begin() as session:
            some = found[first : first + RETRIED_PER_TRANSACTION]
            await failed_work.retry_each(session, visitor.project_id, kind, some, now=pages.clock.now())
    return RedirectResponse(JOBS, status_code=303)


@router.post("/{kind}/{work_id}/retry", dependencies=[FROM_OUR_FORM])
async def retry_one(pages: PagesDependency, visitor: Worker, kind: WorkKind, work_id: UUID) -> Response:
    """Try one piece of work again."""
    visitor.require(kind.permission)
    async with pages.transactions.begin() as session:
        await failed_work.retry(session, visitor.project_id, kind, work_id, now=pages.clock.now())
    return RedirectResponse(JOBS, status_code=303)
