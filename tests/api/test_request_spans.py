from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx
import pytest
from opentelemetry.trace import StatusCode
from opentelemetry.util.types import AttributeValue
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from callscope.api.request_spans import RequestSpanMiddleware
from callscope.boot.settings import Settings
from callscope.boot.tracing import open_tracing
from callscope.services.keys import CreatedKey
from tests.support.api import ApiUnderTest, authorization, build_app_under_test, minimal_call
from tests.support.live_server import listen
from tests.support.otlp import body, span
from tests.support.own_spans import OwnSpans
from tests.support.trace_api import intake

AGENTS_TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def spans() -> OwnSpans:
    return OwnSpans()


@pytest.fixture
def traced(engine: AsyncEngine, spans: OwnSpans) -> ApiUnderTest:
    traced = build_app_under_test(engine, tracers=spans.provider)
    traced.app.state.traces = intake(engine)
    return traced


@pytest.fixture
async def client(traced: ApiUnderTest, key: CreatedKey) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(traced, key) as client:
        yield client


def client_of(api: ApiUnderTest, key: CreatedKey) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=api.app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://callscope.test", headers=authorization(key))


async def queued_arguments(api: ApiUnderTest) -> list[dict[str, str]]:
    async with api.transactions() as session:
        return list((await session.execute(text("SELECT args FROM procrastinate_jobs ORDER BY id"))).scalars())


def only_attributes(spans: OwnSpans, name: str) -> Mapping[str, AttributeValue]:
    attributes = spans.only(name).attributes
    assert attributes is not None
    return attributes


async def test_a_request_is_a_span_by_its_route_that_names_itself_and_its_project(
    client: httpx.AsyncClient, spans: OwnSpans, key: CreatedKey
) -> None:
    answer = await client.get("/v1/call/01a205a5-d153-780c-b517-e524f4d062fb?signature=secret")

    attributes = only_attributes(spans, "GET /v1/call/{call_id}")
    assert answer.status_code == attributes["http.response.status_code"] == 404
    assert attributes["callscope.request_id"] == answer.headers["x-request-id"]
    assert attributes["callscope.project_id"] == str(key.project_id)
    assert attributes.keys() & {"url.path", "url.query", "url.full"} == set()
    assert "secret" not in spans.ended[0].to_json()


async def test_the_first_job_of_a_call_joins_the_trace_of_its_request(
    client: httpx.AsyncClient, spans: OwnSpans, traced: ApiUnderTest
) -> None:
    headers = {"traceparent": f"00-{AGENTS_TRACE}-b7ad6b7169203331-01"}

    assert (await client.post("/v1/call", json=minimal_call(), headers=headers)).status_code == 201

    context = spans.only("POST /v1/call").get_span_context()
    assert context is not None
    (arguments,) = await queued_arguments(traced)
    assert arguments["traceparent"] == f"00-{AGENTS_TRACE}-{context.span_id:016x}-01"


async def test_a_trace_whose_sender_samples_it_out_is_left_out_and_so_are_its_jobs(
    client: httpx.AsyncClient, spans: OwnSpans, traced: ApiUnderTest
) -> None:
    headers = {"traceparent": f"00-{AGENTS_TRACE}-b7ad6b7169203331-00"}

    assert (await client.post("/v1/call", json=minimal_call(), headers=headers)).status_code == 201

    assert spans.ended == ()
    (arguments,) = await queued_arguments(traced)
    assert arguments["traceparent"].endswith("-00")


async def test_a_crash_is_a_failed_span_that_quotes_nothing(
    client: httpx.AsyncClient, spans: OwnSpans, traced: ApiUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise RuntimeError("said by a caller")

    monkeypatch.setattr(traced.clock, "now", fail)

    assert (await client.get("/v1/call")).status_code == 500

    (crashed,) = spans.ended
    assert (crashed.status.status_code, crashed.status.description) == (StatusCode.ERROR, None)
    assert "said by a caller" not in crashed.to_json()


async def test_probes_and_incoming_traces_are_no_spans(client: httpx.AsyncClient, spans: OwnSpans) -> None:
    await client.get("/health")
    await client.get("/metrics")
    for path in ("/v1/traces", "/v1/otel/v1/traces"):
        sent = await client.post(path, content=body(span()), headers={"content-type": "application/x-protobuf"})
        assert sent.status_code == 200

    assert spans.ended == ()


async def test_unless_asked_for_no_request_passes_anything_for_it_and_no_job_names_a_trace(
    api: ApiUnderTest, key: CreatedKey
) -> None:
    async with client_of(api, key) as client:
        headers = {"traceparent": f"00-{AGENTS_TRACE}-b7ad6b7169203331-01"}
        assert (await client.post("/v1/call", json=minimal_call(), headers=headers)).status_code == 201

    assert RequestSpanMiddleware not in [middleware.cls for middleware in api.app.user_middleware]
    (arguments,) = await queued_arguments(api)
    assert list(arguments) == ["analysis_id"]


async def test_a_collector_that_is_away_changes_no_answer(engine: AsyncEngine, key: CreatedKey, tmp_path: Path) -> None:
    with listen() as listener:
        port = listener.getsockname()[1]
    settings = Settings(otlp_endpoint=f"http://127.0.0.1:{port}", data_dir=tmp_path)
    async with open_tracing(settings, "server") as tracers:
        traced = build_app_under_test(engine, tracers=tracers)
        async with client_of(traced, key) as client:
            answer = await client.post("/v1/call", json=minimal_call())

    assert answer.status_code == 201
    assert set(answer.json()) == {"data"}
