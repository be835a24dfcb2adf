"""`/v1/recording-upload`, beyond the original API: for senders whose recordings no server can be sent to fetch."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from starlette.requests import ClientDisconnect

from callscope.api.answers import DOCUMENTED, answer, errors
from callscope.api.authentication import Requires
from callscope.api.recording_intake import UPLOAD_PATH, RecordingIntake
from callscope.api.schemas.base import Envelope
from callscope.api.schemas.recording_upload import RecordingUploaded, RecordingUploadUrl
from callscope.services.keys import Principal
from callscope.services.recording_uploads import BEGIN_WITHIN, address_of

router = APIRouter(prefix=UPLOAD_PATH, tags=["recording"])


async def _intake(request: Request) -> RecordingIntake:
    intake = request.app.state.recording_uploads
    if not isinstance(intake, RecordingIntake):
        raise TypeError("app.state.recording_uploads is not a RecordingIntake")
    return intake


Intake = Annotated[RecordingIntake, Depends(_intake)]


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    response_model=Envelope[RecordingUploadUrl],
    responses=errors(HTTPStatus.SERVICE_UNAVAILABLE),
)
async def request_recording_upload(
    request: Request, principal: Annotated[Principal, Depends(Requires("call:create"))], intake: Intake
) -> Response:
    """Return an address that takes one recording, and the URL by which a new call then names it.

    PUT the file to `uploadUrl` within the time told, then send `recordingUrl` as `recordingUrl` or `stereoRecordingUrl`
    of `POST /v1/call`: one call of this project may, within a day. Not part of the original API.
    """
    upload_id, upload_url = await intake.announce(request, principal.project_id)
    announced = RecordingUploadUrl(
        id=upload_id,
        upload_url=upload_url,
        method="PUT",
        recording_url=address_of(upload_id),
        expires_in_seconds=int(BEGIN_WITHIN.total_seconds()),
        max_bytes=intake.max_bytes,
    )
    return answer(Envelope(data=announced), status=HTTPStatus.CREATED)


@router.put(
    "/{upload_id}",
    response_model=Envelope[RecordingUploaded],
    responses={
        400: DOCUMENTED[HTTPStatus.BAD_REQUEST],
        403: {"description": "The address is not one of ours, or has expired."},
        404: {"description": "The upload was not made use of in time."},
        409: DOCUMENTED[HTTPStatus.CONFLICT],
        413: DOCUMENTED[HTTPStatus.REQUEST_ENTITY_TOO_LARGE],
        503: DOCUMENTED[HTTPStatus.SERVICE_UNAVAILABLE],
    },
    openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": {}}}},
)
async def receive_recording(
    *, request: Request, intake: Intake, upload_id: UUID, expires: str, signature: str
) -> Response:
    """Take a recording at the address that was made for it, which needs no key.

    WAV, MP3, MP4 or OGG. One that breaks off leaves nothing and may be sent again; a whole one cannot be replaced.
    """
    try:
        file = await intake.take(request, upload_id, expires=expires, signature=signature)
    except ClientDisconnect:
        return Response(status_code=HTTPStatus.BAD_REQUEST)
    uploaded = RecordingUploaded(
        id=upload_id,
        recording_url=address_of(upload_id),
        sha256=file.sha256,
        size_bytes=file.size_bytes,
        content_type=file.content_type,
    )
    return answer(Envelope(data=uploaded))
