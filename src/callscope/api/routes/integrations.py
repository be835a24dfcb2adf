"""`/v1/integrations`: what plug-ins and providers send while calls run. Answered from a committed inbox."""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from starlette.requests import ClientDisconnect

from callscope.api.answers import answer, errors
from callscope.api.authentication import Requires
from callscope.api.bodies import JsonBody, Received
from callscope.api.integration_intake import CHUNK_PATH, IntegrationIntake, intake_of
from callscope.api.openapi import documents_body
from callscope.api.schemas.base import Envelope
from callscope.api.schemas.errors import ValidationErrorBody
from callscope.api.schemas.integration import (
    ChunkUploadUrl,
    ChunkUrlRequest,
    LivekitChunkUrlRequest,
    MessageAccepted,
    PipecatChunkUrlRequest,
)
from callscope.core.integration import Integration
from callscope.services.keys import Principal
from callscope.services.live_chunks import UPLOAD_LIFETIME, UploadTicket
from callscope.storage.live_chunks import ChunkName

router = APIRouter(tags=["integration"])

Sender = Annotated[Principal, Depends(Requires("call:create"))]


async def _intake(request: Request) -> IntegrationIntake:
    return intake_of(request)


Intake = Annotated[IntegrationIntake, Depends(_intake)]

ERRORS = errors(HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.SERVICE_UNAVAILABLE)
ANY_OBJECT: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
}
MESSAGE: dict[str, Any] = {
    "response_model": Envelope[MessageAccepted],
    "responses": ERRORS,
    "openapi_extra": ANY_OBJECT,
}


@router.post("/v1/integrations/pipecat", **MESSAGE)
async def receive_pipecat(request: Request, principal: Sender, intake: Intake) -> Response:
    """Take `call-started` and `call-ended` of the `pipecat-roark` observer."""
    return await _accept(intake, Integration.PIPECAT, principal, await request.body())


@router.post("/v1/integrations/livekit-sdk", **MESSAGE)
async def receive_livekit(request: Request, principal: Sender, intake: Intake) -> Response:
    """Take `call-started` and `call-ended` of the `roark-analytics-python-livekit` observer."""
    return await _accept(intake, Integration.LIVEKIT_SDK, principal, await request.body())


@router.post("/v1/integrations/vapi", **MESSAGE)
async def receive_vapi(request: Request, principal: Sender, intake: Intake) -> Response:
    """Take any of Vapi's server messages, as Vapi sends it."""
    return await _accept(intake, Integration.VAPI, principal, await request.body())


@router.post("/v1/integrations/retell", **MESSAGE)
async def receive_retell(request: Request, principal: Sender, intake: Intake) -> Response:
    """Take any of Retell's webhooks, as Retell sends it. Its signature is checked where the server knows the key."""
    body = await request.body()
    intake.check_signature(body, request.headers.get("x-retell-signature", ""))
    return await _accept(intake, Integration.RETELL, principal, body)


@router.post(
    "/v1/integrations/pipecat/chunk-upload-url",
    response_model=Envelope[ChunkUploadUrl],
    responses=ERRORS,
    openapi_extra=documents_body(PipecatChunkUrlRequest),
)
async def announce_pipecat_chunk(
    request: Request,
    principal: Sender,
    intake: Intake,
    received: Annotated[Received[PipecatChunkUrlRequest], Depends(JsonBody(PipecatChunkUrlRequest))],
) -> Response:
    """Return an address that takes one chunk of the recording."""
    name = _chunk(principal, Integration.PIPECAT, received.body.pipecat_call_id, received.body)
    return await _announce(request, intake, name, received.body)


@router.post(
    "/v1/integrations/livekit-sdk/chunk-upload-url",
    response_model=Envelope[ChunkUploadUrl],
    responses=ERRORS,
    openapi_extra=documents_body(LivekitChunkUrlRequest),
)
async def announce_livekit_chunk(
    request: Request,
    principal: Sender,
    intake: Intake,
    received: Annotated[Received[LivekitChunkUrlRequest], Depends(JsonBody(LivekitChunkUrlRequest))],
) -> Response:
    """Return an address that takes one chunk of the recording."""
    name = _chunk(principal, Integration.LIVEKIT_SDK, received.body.livekit_call_id, received.body)
    return await _announce(request, intake, name, received.body)


@router.put(
    CHUNK_PATH + "/{project_id}/{integration}/{chunk_index}",
    responses={
        200: {"description": "The chunk is stored, in place of an earlier one."},
        400: {"model": ValidationErrorBody, "description": "The address is not one that could have been made."},
        403: {"description": "The address is not one of ours, or has expired."},
        413: {"description": "The chunk is too large."},
    },
    openapi_extra={"requestBody": {"required": True, "content": {"audio/pcm": {}}}},
)
async def receive_chunk(
    *,
    request: Request,
    intake: Intake,
    project_id: UUID,
    integration: Integration,
    chunk_index: int,
    call: str,
    expires: str,
    signature: str,
) -> Response:
    """Take a chunk at the address that was made for it, which needs no key."""
    name = ChunkName(project_id=project_id, integration=integration, call_ref=call, chunk_index=chunk_index)
    ticket = UploadTicket(name=name, expires=expires, signature=signature)
    try:
        await intake.take_chunk(request, ticket)
    except ClientDisconnect:
        return Response(status_code=HTTPStatus.BAD_REQUEST)
    return Response()


async def _accept(intake: IntegrationIntake, integration: Integration, principal: Principal, body: bytes) -> Response:
    message_id = await intake.take_message(integration, principal, body)
    return answer(Envelope(data=MessageAccepted(id=message_id)))


def _chunk(principal: Principal, integration: Integration, call_ref: str, chunk: ChunkUrlRequest) -> ChunkName:
    return ChunkName(
        project_id=principal.project_id, integration=integration, call_ref=call_ref, chunk_index=chunk.chunk_index
    )


async def _announce(request: Request, intake: IntegrationIntake, name: ChunkName, chunk: ChunkUrlRequest) -> Response:
    url = await intake.announce_chunk(request, name)
    return answer(
        Envelope(
            data=ChunkUploadUrl(
                upload_url=url,
                s3_key=f"{name.integration}/{name.call_ref}/{name.chunk_index}",
                chunk_index=chunk.chunk_index,
                expires_in_seconds=int(UPLOAD_LIFETIME.total_seconds()),
                method="PUT",
                content_type=chunk.content_type,
            )
        )
    )
