"""OTLP over gRPC, on a port of its own; the same intake as over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import structlog
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from psycopg import OperationalError
from sqlalchemy.exc import DBAPIError

from callscope.api.authentication import INTEGRATION_KEY_HEADER
from callscope.api.routes.otlp import acknowledgement, plain_key
from callscope.api.trace_intake import RETRY_AFTER_S, Overloaded, TooMany, TraceIntake
from callscope.core.errors import CallscopeError, PermissionMissing, Unauthenticated
from callscope.traces.payload import MediaType, Payload

log = structlog.get_logger(__name__)

SERVICE = "opentelemetry.proto.collector.trace.v1.TraceService"
STATUS_DETAILS = "grpc-status-details-bin"
STOP_GRACE_S = 5.0
CODES: dict[type[CallscopeError], grpc.StatusCode] = {
    Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    PermissionMissing: grpc.StatusCode.PERMISSION_DENIED,
    Overloaded: grpc.StatusCode.RESOURCE_EXHAUSTED,
    TooMany: grpc.StatusCode.RESOURCE_EXHAUSTED,
}
ServicerContext = grpc.aio.ServicerContext[bytes, ExportTraceServiceResponse]
DATABASE_AWAY = "The database does not answer. Nothing was stored; send the spans again."


class _Takings:
    """Payloads on their way into the database. They get there though their sender gives up, as over HTTP.

    gRPC cancels what a sender no longer waits for, and a statement cut short costs its connection.
    """

    def __init__(self, intake: TraceIntake) -> None:
        self._intake = intake
        self._under_way: set[asyncio.Task[Payload]] = set()

    async def take(self, key: str, body: bytes) -> Payload:
        """Return what was understood once it is committed. Raises as TraceIntake.take."""
        self._intake.count(key)
        taking = asyncio.create_task(self._intake.take(key, body, media_type=MediaType.PROTOBUF, encoding="identity"))
        self._under_way.add(taking)
        taking.add_done_callback(self._end)
        return await asyncio.shield(taking)

    async def finish(self, grace_s: float) -> None:
        """Wait for those that are left, and cut off what takes longer: nobody was told that it is stored."""
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=grace_s)
            for taking in late:
                taking.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _end(self, taking: asyncio.Task[Payload]) -> None:
        self._under_way.discard(taking)
        if not taking.cancelled():
            # Looked at, for a sender that has given up is told nothing.
            taking.exception()


@asynccontextmanager
async def serving_otlp_grpc(intake: TraceIntake, address: str) -> AsyncIterator[int]:
    """Take traces on `address` ("host:port") while the block runs; yield the port. Raises OSError when it is taken."""
    takings = _Takings(intake)

    async def export(body: bytes, context: ServicerContext) -> ExportTraceServiceResponse:
        return await _export(takings, body, context)

    handler: grpc.RpcMethodHandler[bytes, ExportTraceServiceResponse] = grpc.unary_unary_rpc_method_handler(
        # Without a deserializer the request comes as the bytes that are stored.
        export,
        response_serializer=ExportTraceServiceResponse.SerializeToString,
    )
    server = grpc.aio.server(options=[("grpc.max_receive_message_length", intake.max_bytes), ("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {"Export": handler}),))
    try:
        port = server.add_insecure_port(address)
    except RuntimeError as error:
        raise OSError(str(error)) from error
    await server.start()
    log.info("otlp_grpc_listening", port=port)
    try:
        yield port
    finally:
        await asyncio.gather(server.stop(STOP_GRACE_S), takings.finish(STOP_GRACE_S))


async def _export(takings: _Takings, body: bytes, context: ServicerContext) -> ExportTraceServiceResponse:
    sent = {name.lower(): value for name, value in context.invocation_metadata() or ()}
    try:
        key = plain_key(str(sent.get("authorization", "")), str(sent.get(INTEGRATION_KEY_HEADER, "")))
        payload = await takings.take(key, body)
    except CallscopeError as error:
        wait_s = error.wait_s if isinstance(error, TooMany) else RETRY_AFTER_S
        code = CODES.get(type(error), grpc.StatusCode.INVALID_ARGUMENT)
        await _refuse(context, code, error.message, wait_s=wait_s)
    except (DBAPIError, OperationalError) as error:
        log.exception("traces_not_stored", exc_info=error)
        await _refuse(context, grpc.StatusCode.UNAVAILABLE, DATABASE_AWAY, wait_s=RETRY_AFTER_S)
    return acknowledgement(payload)


async def _refuse(context: ServicerContext, code: grpc.StatusCode, message: str, *, wait_s: int) -> None:
    """End the call; a sender that may come back is told when."""
    trailing: tuple[tuple[str, bytes], ...] = ()
    if code in (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE):
        details = AnyMessage()
        details.Pack(RetryInfo(retry_delay=Duration(seconds=wait_s)))
        status = Status(code=code.value[0], message=message, details=[details])
        trailing = ((STATUS_DETAILS, status.SerializeToString()),)
    await context.abort(code, message, trailing)
