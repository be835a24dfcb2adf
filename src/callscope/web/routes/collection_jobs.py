"""Jobs that score stored calls: watched, stopped, tried again."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from callscope.core.metric_policy import CollectionStatus
from callscope.core.page import PageRequest
from callscope.core.roles import Role
from callscope.services import metric_collection, metric_policies
from callscope.services.metric_catalogue import read_catalogue
from callscope.web.page_route import PageRoute
from callscope.web.pages import FROM_OUR_FORM, PagesDependency, RequiresRole, Visitor, show
from callscope.web.views.collection_jobs import STATUS_WORDS, view_job, view_jobs

router = APIRouter(prefix="/collection-jobs", route_class=PageRoute, include_in_schema=False)

JOBS = "/collection-jobs"
JOBS_PER_PAGE = 50

Reader = Annotated[Visitor, Depends(RequiresRole(Role.VIEWER, "metric-collection-job:read"))]
Changer = Annotated[Visitor, Depends(RequiresRole(Role.MEMBER, "metric-collection-job:update"))]


@router.get("")
async def list_jobs(
    request: Request, pages: PagesDependency, visitor: Reader, after: str | None = None, status: str = ""
) -> Response:
    """Show the project's jobs, newest first."""
    chosen = next((one for one in CollectionStatus if one == status), None)
    asked = PageRequest(after=after, limit=JOBS_PER_PAGE)
    async with pages.reads() as session:
        page = await metric_collection.list_jobs(session, visitor.project_id, asked, status=chosen)
        catalogue = await read_catalogue(session, visitor.project_id)
    return show(
        request,
        "collection_jobs.html",
        rows=view_jobs(page.items, catalogue),
        total=page.total,
        tabs=(
            ("All", JOBS, chosen is None),
            *((STATUS_WORDS[one][0], _href(one), one is chosen) for one in CollectionStatus),
        ),
        first_href=_href(chosen) if after else "",
        next_href=_href(chosen, page.next_cursor) if page.next_cursor else "",
    )


@router.get("/{job_id}")
async def show_job(request: Request, pages: PagesDependency, visitor: Reader, job_id: UUID) -> Response:
    """Show a job and how far it is; only that part of the page when the page's script asks."""
    async with pages.reads() as session:
        job = await metric_collection.get_job(session, visitor.project_id, job_id)
        catalogue = await read_catalogue(session, visitor.project_id)
        policies = await metric_policies.every_policy(session, visitor.project_id)
    template = "_collection_progress.html" if request.headers.get("hx-request") else "collection_job.html"
    return show(request, template, page=view_job(job, catalogue, policies))


@router.post("/{job_id}/cancel", dependencies=[FROM_OUR_FORM])
async def cancel_job(pages: PagesDependency, visitor: Changer, job_id: UUID) -> Response:
    """Stop a job; what it has computed stays."""
    async with pages.transactions.begin() as session:
        await metric_collection.cancel_job(session, visitor.project_id, job_id, now=pages.clock.now())
    return RedirectResponse(f"{JOBS}/{job_id}", status_code=303)


@router.post("/{job_id}/retry", dependencies=[FROM_OUR_FORM])
async def retry_job(pages: PagesDependency, visitor: Changer, job_id: UUID) -> Response:
    """Try again what failed or was not reached."""
    async with pages.transactions.begin() as session:
        await metric_collection.retry_job(session, visitor.project_id, job_id, now=pages.clock.now())
    return RedirectResponse(f"{JOBS}/{job_id}", status_code=303)


def _href(status: CollectionStatus | None, after: str | None = None) -> str:
    pairs = {"status": status or "", "after": after or ""}
    query = urlencode({name: value for name, value in pairs.items() if value})
    return f"{JOBS}?{query}" if query else JOBS
