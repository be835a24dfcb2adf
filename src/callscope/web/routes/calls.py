"""The list of calls."""

from fastapi import APIRouter, Request, Response

from callscope.web.page_route import PageRoute
from callscope.web.pages import PagesDependency, SignedIn, show
from callscope.web.views.call_list import view_listing

router = APIRouter(route_class=PageRoute, include_in_schema=False)

MAX_SEARCH_LENGTH = 200


@router.get("/calls")
async def list_calls(
    request: Request, pages: PagesDependency, visitor: SignedIn, search: str = "", after: str | None = None
) -> Response:
    """Show a page of the list, newest first; a fragment of it when the page's script asks."""
    search = search.strip()[:MAX_SEARCH_LENGTH]
    listing = await pages.reader.list_calls(visitor.project_id, search=search or None, after=after)
    page = view_listing(listing, search=search, after=after)
    template = "_call_table.html" if request.headers.get("hx-request") else "calls.html"
    return show(request, template, page=page, base_url=str(request.base_url).rstrip("/"))
