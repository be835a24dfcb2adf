"""`/metrics`: for Prometheus, with a token of its own. A browser, which bears none, is shown the catalogue instead."""

import secrets
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Scope

from callscope.api.context import Context
from callscope.api.telemetry import Telemetry
from callscope.core.errors import Unauthenticated
from callscope.services import monitoring


class ScrapeRoute(APIRoute):
    """A route for whoever sends an `Authorization` header; to all others it is not there."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether the request is one for this route."""
        return super().matches(scope) if "authorization" in Headers(scope=scope) else (Match.NONE, {})


router = APIRouter(route_class=ScrapeRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsContext:
    """What `/metrics` needs, put into `app.state.metrics` once at start. Without a token it is not there."""

    telemetry: Telemetry
    token: str | None


@router.get("/metrics")
async def get_metrics(request: Request, context: Context) -> Response:
    """Answer with all metrics of this server and the installation."""
    metrics: MetricsContext | None = getattr(request.app.state, "metrics", None)
    if metrics is None or metrics.token is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not secrets.compare_digest(given.encode(), metrics.token.encode()):
        raise Unauthenticated("Send `Authorization: Bearer` with the token that CALLSCOPE_METRICS_TOKEN holds.")
    async with context.reads() as session:
        work = await monitoring.work_state(session)
    return Response(metrics.telemetry.render(work), media_type=CONTENT_TYPE_LATEST)
