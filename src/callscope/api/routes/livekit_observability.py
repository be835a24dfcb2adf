"""`/observability`: where LiveKit's agents send sessions by themselves, told to by `LIVEKIT_OBSERVABILITY_URL`.

Plain routes in the forms that the agents' exporters speak.
"""

from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from callscope.api.livekit_intake import UPLOAD_PATH, livekit_intake_of
from callscope.api.routes.otlp import answer_otlp
from callscope.api.trace_intake import TraceIntake
from callscope.traces.payload import MediaType, Payload

router = APIRouter()

TRACES_PATH = "/observability/traces/otlp/v0"
UNKEPT_PATHS = ("/observability/logs/otlp/v0", "/observability/metrics/otlp/v0")


async def receive_traces(request: Request) -> Response:
    """Take spans, as `/v1/traces` does."""
    intake = livekit_intake_of(request)

    async def take(traces: TraceIntake, body: bytes, media_type: MediaType, encoding: str) -> Payload:
        project_id = await intake.project_of(request)
        return await traces.take_for(project_id, body, media_type=media_type, encoding=encoding)

    return await answer_otlp(request, take)


async def receive_unkept(request: Request) -> Response:
    """Take logs or metrics of an agent and keep nothing of them: what they say of a call comes with its session."""
    await livekit_intake_of(request).project_of(request)
    async for _ in request.stream():
        pass
    return Response(media_type=MediaType.PROTOBUF.value)


async def receive_session(request: Request) -> Response:
    """Take a session when it has ended: header, chat history and recording."""
    intake = livekit_intake_of(request)
    project_id = await intake.project_of(request)
    await intake.take_session(request, project_id)
    return Response(status_code=HTTPStatus.OK)


router.add_route(TRACES_PATH, receive_traces, methods=["POST"], include_in_schema=False)
for path in UNKEPT_PATHS:
    router.add_route(path, receive_unkept, methods=["POST"], include_in_schema=False)
router.add_route(UPLOAD_PATH, receive_session, methods=["POST"], include_in_schema=False)
