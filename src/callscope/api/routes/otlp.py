"""`/v1/traces` and `/v1/otel/v1/traces`: OTLP over HTTP, as exporters speak it. Plain routes: they are the hot ones."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

import structlog
from fastapi import APIRouter
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from google.rpc import code_pb2
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from callscope.api.authentication import INTEGRATION_KEY_HEADER
from callscope.api.trace_intake import RETRY_AFTER_S, Overloaded, TraceIntake
from callscope.core.errors import CallscopeError, PermissionMissing, Unauthenticated
from callscope.traces.errors import NotOtlp, PayloadTooLarge, UnsupportedMedia
from callscope.traces.payload import MediaType, Payload, media_type_of

log = structlog.get_logger(__name__)

PATHS = ("/v1/traces", "/v1/otel/v1/traces")
ANSWERS: dict[type[CallscopeError], tuple[HTTPStatus, int]] = {
    Unauthenticated: (HTTPStatus.UNAUTHORIZED, code_pb2.UNAUTHENTICATED),
    PermissionMissing: (HTTPStatus.FORBIDDEN, code_pb2.PERMISSION_DENIED),
    NotOtlp: (HTTPStatus.BAD_REQUEST, code_pb2.INVALID_ARGUMENT),
    UnsupportedMedia: (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, code_pb2.INVALID_ARGUMENT),
    PayloadTooLarge: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, code_pb2.INVALID_ARGUMENT),
    Overloaded: (HTTPStatus.SERVICE_UNAVAILABLE, code_pb2.UNAVAILABLE),
}
"""How each failure is told over HTTP, and the code of the `Status` in its body."""

Take = Callable[[TraceIntake, bytes, MediaType, str], Awaitable[Payload]]
"""Stores a payload, given its body, media type and encoding. Raises CallscopeError."""

router = APIRouter()


async def receive_traces(request: Request) -> Response:
    """Take a request of an exporter and answer in its own form once it is stored."""

    async def take(intake: TraceIntake, body: bytes, media_type: MediaType, encoding: str) -> Payload:
        return await intake.take(key_in(request), body, media_type=media_type, encoding=encoding)

    return await answer_otlp(request, take)


async def answer_otlp(request: Request, take: Take) -> Response:
    """Answer a request of an exporter in its own form once `take` has stored its payload."""
    intake = request.app.state.traces
    if not isinstance(intake, TraceIntake):
        raise TypeError("app.state.traces is not a TraceIntake")
    media_type = MediaType.JSON
    try:
        media_type = media_type_of(request.headers.get("content-type", ""))
        encoding = request.headers.get("content-encoding", "")
        payload = await take(intake, await request.body(), media_type, encoding)
    except CallscopeError as error:
        return _refusal(error, media_type)
    except HTTPException as error:
        # The server's own limit of a request's body.
        return _render(
            Status(code=code_pb2.INVALID_ARGUMENT, message=str(error.detail)),
            media_type,
            HTTPStatus(error.status_code),
        )
    return _render(acknowledgement(payload), media_type)


for path in PATHS:
    router.add_route(path, receive_traces, methods=["POST"], include_in_schema=False)


def key_in(request: Request) -> str:
    """Return the key of an exporter's request. Raises Unauthenticated."""
    return plain_key(request.headers.get("authorization", ""), request.headers.get(INTEGRATION_KEY_HEADER, ""))


def plain_key(authorization: str, integration_key: str) -> str:
    """Return the key in one of the two headers that may carry it. Raises Unauthenticated."""
    scheme, _, key = authorization.partition(" ")
    found = key.strip() if scheme.lower() == "bearer" else ""
    if found or integration_key:
        return found or integration_key
    raise Unauthenticated("No API key. Set the exporter's header `authorization` to `Bearer <key>`.")


def acknowledgement(payload: Payload) -> ExportTraceServiceResponse:
    """Return the answer to a stored payload; it names what was not taken, and says nothing when all was."""
    response = ExportTraceServiceResponse()
    if payload.rejected_count:
        response.partial_success.rejected_spans = payload.rejected_count
        response.partial_success.error_message = f"Not taken: {payload.rejection_message}."
    return response


def _refusal(error: CallscopeError, media_type: MediaType) -> Response:
    status, code = ANSWERS[type(error)]
    log.info("traces_refused", code=error.code)
    headers = {"retry-after": str(RETRY_AFTER_S)} if status is HTTPStatus.SERVICE_UNAVAILABLE else {}
    return _render(Status(code=code, message=error.message), media_type, status, headers)


def _render(
    message: Message, media_type: MediaType, status: HTTPStatus = HTTPStatus.OK, headers: dict[str, str] | None = None
) -> Response:
    content = message.SerializeToString() if media_type is MediaType.PROTOBUF else MessageToJson(message, indent=None)
    return Response(content, status_code=status, headers=headers, media_type=media_type.value)
