"""Payloads and calls put in as senders do, and what became of them."""

import dataclasses
from typing import Any
from uuid import UUID

from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

from callscope.core.call import CallDirection, InterfaceType
from callscope.core.new_call import NewCall, ReceivedRequest
from callscope.core.trace_query import MatchKey, TraceQuery, to_datetime
from callscope.services import ingest, traces
from callscope.traces.payload import MediaType
from tests.support.otlp import START_NS, body, span
from tests.support.trace_api import Drain


async def take(
    drain: Drain, project_id: UUID, *spans: SpanMessage, content: bytes | None = None, **options: Any
) -> None:
    async with drain.context.sessions.begin() as session:
        await traces.accept(
            session,
            project_id=project_id,
            media_type=MediaType.PROTOBUF,
            encoding="identity",
            body=body(*spans, **options) if content is None else content,
            now=drain.clock.now(),
        )


async def create_call(drain: Drain, project_id: UUID, **fields: Any) -> UUID:
    new = NewCall(
        direction=CallDirection.INBOUND,
        interface_type=InterfaceType.WEB,
        started_at=to_datetime(START_NS),
        recording_url="http://127.0.0.1/refused.wav",
        stereo_recording_url=None,
        ended_status=None,
        external_id=None,
        vapi_call_id=None,
        livekit_room_id=None,
        source="API",
        agents=(),
        customers=(),
        transcript=None,
        tools=(),
    )
    request = ReceivedRequest(api_key_id=None, body=b"", body_digest=b"", unknown_fields=())
    async with drain.context.sessions.begin() as session:
        call = await ingest.create_call(
            session,
            dataclasses.replace(new, **fields),
            project_id=project_id,
            request=request,
            now=drain.clock.now(),
        )
    return call.id


async def links(drain: Drain, project_id: UUID, call_id: UUID) -> list[tuple[str, MatchKey, str]]:
    async with drain.context.sessions() as session:
        found = await traces.traces_of_call(session, project_id, call_id)
    return [
        (one.summary.trace_id, link.key, link.attribute)
        for one in found
        for link in one.summary.links
        if link.call_id == call_id
    ]


async def listed(drain: Drain, project_id: UUID, **query: Any) -> list[str]:
    async with drain.context.sessions() as session:
        page = await traces.list_traces(session, project_id, TraceQuery(**query))
    assert page.total == len(page.items)
    return [summary.trace_id[:2] for summary in page.items]


def of(trace: int, number: int = 1, **further: Any) -> SpanMessage:
    return span(number, trace_id=bytes([trace]) * 16, **further)
