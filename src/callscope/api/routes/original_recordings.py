"""`/v1/call/{call_id}/recording/original`: what a masked recording was made from, for those who may hear it."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from callscope.api.answers import errors
from callscope.api.authentication import Requires
from callscope.api.routes.recordings import Playback, send
from callscope.services import recordings
from callscope.services.keys import Principal

router = APIRouter(prefix="/v1/call", tags=["recording"])


@router.get(
    "/{call_id}/recording/original",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"audio/*": {}}, "description": "The whole recording, or the range asked for as 206."},
        **errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
    },
)
async def get_original_recording(
    request: Request,
    call_id: UUID,
    principal: Annotated[Principal, Depends(Requires("recording:original"))],
    playback: Playback,
) -> Response:
    """Hear a recording as it came in, also before it is masked. Its project must keep originals."""
    async with playback.reads() as session:
        recording = await recordings.read_original(session, principal.project_id, call_id)
    return await send(playback, request, recording)
