"""The catalogue of metrics, the page of each, and the end of one's own."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from callscope.core.errors import Conflict
from callscope.core.roles import Role
from callscope.services import metric_definitions, metric_figures, metric_policies
from callscope.services.metric_catalogue import read_catalogue
from callscope.web.page_route import PageRoute
from callscope.web.pages import FROM_OUR_FORM, Pages, PagesDependency, RequiresRole, Visitor, show
from callscope.web.views.metric_catalogue import PATH, view_catalogue
from callscope.web.views.metric_page import view_metric

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Reader = Annotated[Visitor, Depends(RequiresRole(Role.VIEWER, "metric:read"))]
Remover = Annotated[Visitor, Depends(RequiresRole(Role.MEMBER, "metric:delete"))]


@router.get("/metrics")
async def list_metrics(
    request: Request,
    pages: PagesDependency,
    visitor: Reader,
    q: str = "",
    kind: str = "",
) -> Response:
    """Show the metrics of the installation and of the project."""
    async with pages.reads() as session:
        catalogue = await read_catalogue(session, visitor.project_id)
        has_judge = await pages.judge.endpoint_for(session, visitor.project_id) is not None
    page = view_catalogue(catalogue, pages.parts, has_judge=has_judge, search=q.strip(), shown=kind)
    return show(request, "metrics.html", page=page)


@router.get("/metrics/{id_or_slug}")
async def show_metric(request: Request, pages: PagesDependency, visitor: Reader, id_or_slug: str) -> Response:
    """Show one metric with its newest values."""
    return await _metric(request, pages, visitor, id_or_slug)


async def _metric(request: Request, pages: Pages, visitor: Visitor, id_or_slug: str, *, problem: str = "") -> Response:
    project_id = visitor.project_id
    async with pages.reads() as session:
        catalogue = await read_catalogue(session, project_id)
        metric = catalogue.find(id_or_slug)
        page = view_metric(
            metric,
            catalogue,
            figures=await metric_figures.read_figures(session, project_id, metric),
            versions=await metric_figures.list_versions(session, metric),
            policies=await metric_policies.every_policy(session, project_id),
            parts=pages.parts,
            has_judge=await pages.judge.endpoint_for(session, project_id) is not None,
        )
    return show(request, "metric.html", status_code=409 if problem else 200, page=page, problem=problem)


@router.post("/metrics/{id_or_slug}/remove", dependencies=[FROM_OUR_FORM])
async def remove_metric(request: Request, pages: PagesDependency, visitor: Remover, id_or_slug: str) -> Response:
    """Delete a metric of the project with its values, unless others read it."""
    try:
        async with pages.transactions.begin() as session:
            await metric_definitions.delete_metric(session, visitor.project_id, id_or_slug)
    except Conflict as error:
        return await _metric(request, pages, visitor, id_or_slug, problem=error.message)
    return RedirectResponse(f"{PATH}?kind=own", status_code=303)
