"""The page that shows what all other pages are made of."""

from fastapi import APIRouter, Request, Response

from callscope.web.page_route import PageRoute
from callscope.web.pages import PagesDependency, SignedIn, show
from callscope.web.views.design import view_design

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/design")
async def show_design(request: Request, pages: PagesDependency, visitor: SignedIn) -> Response:  # noqa: ARG001 - shown to those signed in
    """Show every colour, size and component."""
    return show(request, "design.html", page=view_design(pages.clock.now()))
