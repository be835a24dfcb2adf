"""`/health`: whether this server can do its work. Needs no key."""

from datetime import datetime
from http import HTTPStatus
from typing import Literal

from fastapi import APIRouter, Response

from callscope.api.answers import answer
from callscope.api.context import Context
from callscope.api.schemas.base import Envelope, OutputModel

router = APIRouter(tags=["health"])


class Health(OutputModel):
    """How the service is."""

    status: Literal["healthy", "degraded", "unhealthy"]
    timestamp: datetime
    version: str


@router.get(
    "/health",
    response_model=Envelope[Health],
    responses={HTTPStatus.SERVICE_UNAVAILABLE.value: {"model": Envelope[Health], "description": "No database."}},
)
async def get_health(context: Context) -> Response:
    """Tell how the service is."""
    is_reachable = await context.is_database_reachable()
    health = Health(
        status="healthy" if is_reachable else "unhealthy", timestamp=context.clock.now(), version=context.version
    )
    return answer(Envelope(data=health), status=HTTPStatus.OK if is_reachable else HTTPStatus.SERVICE_UNAVAILABLE)
