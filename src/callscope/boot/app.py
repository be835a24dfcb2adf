"""The web application: API and pages in one FastAPI app."""

from typing import Any

from fastapi import FastAPI

from callscope.api import errors
from callscope.api.context import ApiContext
from callscope.api.openapi import describe
from callscope.api.request_ids import RequestIdMiddleware
from callscope.api.router import router

DESCRIPTION = """\
Call analytics for voice agents, measured on the recording.

Send `Authorization: Bearer <key>` with every request but `GET /health`. Answers stand under `data`; lists add
`pagination`, whose `nextCursor` is sent back as `after`. Times in a call are integer milliseconds from its start.
Every answer carries an `x-request-id`, every error repeats it as `request_id`.
"""


def build_api(context: ApiContext, *, max_body_bytes: int) -> FastAPI:
    """Return an app with every route of the API."""
    app = FastAPI(
        title="Callscope",
        version=context.version,
        description=DESCRIPTION,
        max_body_size=max_body_bytes,
        redirect_slashes=False,
    )
    app.state.api = context
    app.add_middleware(RequestIdMiddleware)
    errors.install(app)
    app.include_router(router)
    app.openapi = lambda: _described(app)  # type: ignore[method-assign] # FastAPI's own way to extend the document
    return app


def _described(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        app.openapi_schema = describe(app)
    return app.openapi_schema
