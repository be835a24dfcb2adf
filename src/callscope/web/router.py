"""All pages of the application in one router."""

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from callscope.core.errors import NotFound
from callscope.web.page_route import PageRoute
from callscope.web.pages import Pages
from callscope.web.routes import (
    agents,
    api_keys,
    call,
    call_selection,
    call_work,
    calls,
    collection_jobs,
    design,
    jobs,
    live,
    metric_forms,
    metrics,
    overview,
    people,
    policies,
    scoring,
    sign_in,
    storage,
    traces,
    webhooks,
)
from callscope.web.templating import STATIC

static_files = StaticFiles(directory=STATIC, check_dir=False)
static_router = APIRouter(route_class=PageRoute, include_in_schema=False)


@static_router.get("/static/{path:path}")
async def serve_static(request: Request, path: str) -> Response:
    """Serve scripts, styles and pictures; bundled files never change under their name."""
    try:
        response = await static_files.get_response(path, request.scope)
    except HTTPException as error:
        raise NotFound(f"There is no file {path}.") from error
    lifetime = "max-age=31536000, immutable" if path.startswith("build/") else "max-age=3600"
    response.headers["cache-control"] = f"public, {lifetime}"
    return response


ROUTERS = (
    static_router,
    sign_in.router,
    people.router,
    api_keys.router,
    live.router,
    overview.router,
    calls.router,
    agents.router,
    call_selection.router,
    call.router,
    call_work.router,
    traces.router,
    metric_forms.router,
    metrics.router,
    scoring.router,
    policies.router,
    collection_jobs.router,
    webhooks.router,
    storage.router,
    jobs.router,
    design.router,
)
"""Every page, in the order their addresses are tried."""


def install_pages(app: FastAPI, pages: Pages) -> None:
    """Add the pages to an application."""
    app.state.pages = pages
    for router in ROUTERS:
        app.include_router(router)
