"""The list of calls: filtered, sorted, in the columns the visitor chose."""

from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from callscope.core.roles import Role
from callscope.services import export_choice, saved_filters
from callscope.services.export import ExportFormat, export_calls
from callscope.services.metric_catalogue import metrics_by_slug
from callscope.web.call_listing import read_listing
from callscope.web.list_address import PATH, parse_address, parse_query
from callscope.web.page_route import PageRoute, set_cookie
from callscope.web.pages import FROM_OUR_FORM, PagesDependency, RequiresRole, SignedIn, Visitor, show
from callscope.web.views.call_list import view_listing
from callscope.web.views.columns import chosen_columns, every_column
from callscope.web.views.filter_form import canonical_pairs, view_filter_form

router = APIRouter(route_class=PageRoute, include_in_schema=False)

COLUMNS_COOKIE = "callscope_columns"
COLUMNS_LIFETIME = timedelta(days=400)
"""As long as browsers keep anything."""

Member = Annotated[Visitor, Depends(RequiresRole(Role.MEMBER, "call:read"))]


@router.get("/calls")
async def list_calls(request: Request, pages: PagesDependency, visitor: SignedIn, after: str | None = None) -> Response:
    """Show a page of the list; a fragment of it when the page's script asks."""
    address = parse_address(request.query_params.multi_items())
    async with pages.reads() as session:
        metrics = await metrics_by_slug(session, visitor.project_id)
        columns = every_column(metrics.values())
        shown = chosen_columns(_chosen(request), columns)
        slugs = [column.metric.slug for column in shown if column.metric]
        listing = await read_listing(session, visitor.project_id, address, after=after, slugs=slugs)
    page = view_listing(listing, address, after=after, columns=shown, metrics=metrics)
    if request.headers.get("hx-request"):
        return show(request, "_call_table.html", page=page)
    return show(
        request,
        "calls.html",
        page=page,
        form=view_filter_form(address, listing.agents, metrics.values()),
        columns=columns,
        base_url=str(request.base_url).rstrip("/"),
    )


@router.get("/calls/filter")
async def apply_filter(request: Request, visitor: SignedIn) -> Response:  # noqa: ARG001 - for those signed in
    """Lead to the list that the filter form describes, under an address that others can read."""
    address = parse_address(canonical_pairs(request.query_params.multi_items()))
    address.call_query(after=None, limit=1)
    return RedirectResponse(address.href(), status_code=303)


@router.get("/calls/export/{form}")
async def export(
    request: Request,
    pages: PagesDependency,
    visitor: SignedIn,
    form: ExportFormat,
    column: Annotated[list[str] | None, Query()] = None,
) -> Response:
    """Send a file of every call of the list, streamed as it is read; the address alone says in which columns."""
    address = parse_address(request.query_params.multi_items())
    query = address.call_query(after=None, limit=1)
    async with pages.reads() as session:
        there_are = await export_choice.read_columns(session, visitor.project_id)
        columns = export_choice.choose_columns(column or (), there_are)
    headers = {"content-disposition": f'attachment; filename="calls.{form}"'}
    chunks = export_calls(pages.reads, visitor.project_id, query, form, columns=columns, worst=address.worst)
    return StreamingResponse(chunks, media_type=form.media_type, headers=headers)


@router.post("/calls/columns", dependencies=[FROM_OUR_FORM])
async def choose_columns(
    request: Request,
    pages: PagesDependency,
    visitor: SignedIn,
    column: Annotated[list[str] | None, Form()] = None,
    back: Annotated[str, Form()] = PATH,
) -> Response:
    """Remember the columns in this browser."""
    response = RedirectResponse(_list_address(back), status_code=303)
    async with pages.reads() as session:
        columns = every_column((await metrics_by_slug(session, visitor.project_id)).values())
    chosen = ".".join(one.id for one in chosen_columns(column or (), columns))
    set_cookie(response, request, COLUMNS_COOKIE, chosen, lifetime=COLUMNS_LIFETIME)
    return response


@router.post("/calls/saved", dependencies=[FROM_OUR_FORM])
async def save_filter(
    pages: PagesDependency,
    visitor: Member,
    name: Annotated[str, Form()] = "",
    query: Annotated[str, Form()] = "",
) -> Response:
    """Keep the filter under a name for everybody of the project."""
    address = parse_query(query)
    async with pages.transactions.begin() as session:
        await saved_filters.save(session, visitor.project_id, name=name, query=address.query, now=pages.clock.now())
    return RedirectResponse(address.href(), status_code=303)


@router.post("/calls/saved/{filter_id}/remove", dependencies=[FROM_OUR_FORM])
async def remove_filter(
    pages: PagesDependency,
    visitor: Member,
    filter_id: UUID,
) -> Response:
    """Forget a saved filter."""
    async with pages.transactions.begin() as session:
        await saved_filters.remove(session, visitor.project_id, filter_id)
    return RedirectResponse(PATH, status_code=303)


def _chosen(request: Request) -> list[str]:
    return request.cookies.get(COLUMNS_COOKIE, "").split(".")


def _list_address(back: str) -> str:
    """Return the address of the list that a form came from; nobody may be sent elsewhere."""
    return parse_query(urlsplit(back).query).href()
