"""`/v1/trace` and `/v1/call/{call_id}/traces`, beyond the original API: what agents' own telemetry says."""

from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.responses import JSONResponse

from callscope.api.answers import answer, errors
from callscope.api.authentication import Requires
from callscope.api.bodies import JsonBody, Received
from callscope.api.context import Context
from callscope.api.mapping_traces import to_call_traces, to_summary, to_trace
from callscope.api.openapi import documents_body
from callscope.api.schemas.base import Envelope, PageEnvelope, Pagination
from callscope.api.schemas.trace import CallTracesRead, TraceLinkCreate, TraceLinked, TraceRead, TraceSummaryRead
from callscope.api.trace_parameters import ATTRIBUTES_PARAMETER, trace_query
from callscope.core.trace_query import TraceQuery
from callscope.services import traces
from callscope.services.keys import Principal
from callscope.traces.encode import encode_spans

router = APIRouter(tags=["trace"])

TraceReader = Annotated[Principal, Depends(Requires("trace:read"))]
TraceLinker = Annotated[Principal, Depends(Requires("trace:update"))]
TraceId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="32 hexadecimal digits.")]
Form = Annotated[
    Literal["callscope", "otlp"],
    Query(alias="format", description="`otlp`: the spans as an OTLP request in JSON, and nothing else."),
]


@router.get(
    "/v1/trace",
    response_model=PageEnvelope[TraceSummaryRead],
    responses=errors(HTTPStatus.BAD_REQUEST),
    openapi_extra={"parameters": [ATTRIBUTES_PARAMETER]},
)
async def list_traces(
    context: Context, principal: TraceReader, query: Annotated[TraceQuery, Depends(trace_query)]
) -> Response:
    """List traces, newest first unless asked otherwise.

    `name`, `service`, `status` and `attributes` keep traces of which one span has all of them.
    """
    async with context.reads() as session:
        page = await traces.list_traces(session, principal.project_id, query)
    return answer(
        PageEnvelope(
            data=[to_summary(summary) for summary in page.items],
            pagination=Pagination(
                has_more=page.next_cursor is not None, next_cursor=page.next_cursor, total=page.total
            ),
        )
    )


@router.get(
    "/v1/trace/{trace_id}",
    response_model=Envelope[TraceRead],
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
)
async def get_trace(context: Context, principal: TraceReader, trace_id: TraceId, form: Form = "callscope") -> Response:
    """Read a trace with its spans, by their start, and the calls it belongs to."""
    async with context.reads() as session:
        trace = await traces.get_trace(session, principal.project_id, trace_id)
    if form == "otlp":
        return JSONResponse(encode_spans(trace.spans))
    return answer(Envelope(data=to_trace(trace)))


@router.get(
    "/v1/call/{call_id}/traces",
    response_model=Envelope[CallTracesRead],
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
)
async def get_call_traces(
    context: Context, principal: TraceReader, call_id: UUID, form: Form = "callscope"
) -> Response:
    """Read a call's traces laid on its recording, with each heard response time split into the agent's parts.

    Where the clocks cannot be aligned, `alignmentReason` says why and spans have no place in the recording.
    """
    async with context.reads() as session:
        found = await traces.explain_call(session, principal.project_id, call_id)
    if form == "otlp":
        return JSONResponse(encode_spans(span for trace in found.traces for span in trace.spans))
    return answer(Envelope(data=to_call_traces(found)))


@router.post(
    "/v1/trace/{trace_id}/calls",
    response_model=Envelope[TraceLinked],
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
    openapi_extra=documents_body(TraceLinkCreate),
)
async def link_trace(
    context: Context,
    principal: TraceLinker,
    trace_id: TraceId,
    received: Annotated[Received[TraceLinkCreate], Depends(JsonBody(TraceLinkCreate))],
) -> Response:
    """Link a trace to a call by hand. Linking them again changes nothing."""
    call_id = received.body.call_id
    async with context.transactions.begin() as session:
        await traces.link(
            session, project_id=principal.project_id, trace_id=trace_id, call_id=call_id, now=context.clock.now()
        )
    return answer(Envelope(data=TraceLinked(trace_id=trace_id, call_id=call_id, linked=True)))


@router.delete(
    "/v1/trace/{trace_id}/calls/{call_id}",
    response_model=Envelope[TraceLinked],
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
)
async def unlink_trace(context: Context, principal: TraceLinker, trace_id: TraceId, call_id: UUID) -> Response:
    """Take a trace and a call apart, however they came together."""
    async with context.transactions.begin() as session:
        await traces.unlink(session, project_id=principal.project_id, trace_id=trace_id, call_id=call_id)
    return answer(Envelope(data=TraceLinked(trace_id=trace_id, call_id=call_id, linked=False)))
