import gzip
import json
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from callscope.services.keys import CreatedKey
from tests.support.api import ApiUnderTest, count_rows, make_key
from tests.support.otlp import body, json_request, json_span, span
from tests.support.trace_api import MAX_TRACE_BYTES, Drain, draining, intake

PROTOBUF = {"content-type": "application/x-protobuf"}
JSON = {"content-type": "application/json"}


@pytest.fixture(autouse=True)
def door(api: ApiUnderTest, engine: AsyncEngine) -> None:
    api.app.state.traces = intake(engine)


@pytest.fixture
async def drain(api: ApiUnderTest, database_url: str, tmp_path: Path) -> AsyncIterator[Drain]:
    async with draining(api.transactions, database_url, tmp_path) as drain:
        yield drain


async def stored(api: ApiUnderTest) -> tuple[int, int]:
    counts = await count_rows(api.transactions, "trace_payload", "procrastinate_jobs")
    return (counts["trace_payload"], counts["procrastinate_jobs"])


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/otel/v1/traces"])
async def test_a_payload_and_its_job_are_stored_before_the_answer(
    client: httpx.AsyncClient, api: ApiUnderTest, path: str
) -> None:
    answer = await client.post(path, content=body(span()), headers=PROTOBUF)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/x-protobuf"
    assert not ExportTraceServiceResponse.FromString(answer.content).HasField("partial_success")
    assert await stored(api) == (1, 1)


async def test_many_payloads_wait_for_one_job(client: httpx.AsyncClient, api: ApiUnderTest) -> None:
    for number in range(1, 6):
        await client.post("/v1/traces", content=body(span(number)), headers=PROTOBUF)
    assert await stored(api) == (5, 1)


async def test_json_is_answered_in_json(client: httpx.AsyncClient, api: ApiUnderTest) -> None:
    answer = await client.post("/v1/traces", json=json_request(json_span()))
    assert (answer.status_code, answer.json()) == (200, {})
    assert answer.headers["content-type"] == "application/json"
    assert await stored(api) == (1, 1)


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("identity", lambda content: content)],
)
async def test_every_encoding_is_taken_and_drained(
    client: httpx.AsyncClient, drain: Drain, encoding: str, compress: Any
) -> None:
    content = compress(body(span(1), span(2)))
    answer = await client.post("/v1/traces", content=content, headers={**PROTOBUF, "content-encoding": encoding})
    assert answer.status_code == 200
    await drain.run()
    assert await drain.counts() == {"spans": 2, "traces": 1, "links": 0, "waiting": 0}


async def test_what_cannot_be_taken_is_told_with_count_and_reason(client: httpx.AsyncClient, drain: Drain) -> None:
    mixed = body(span(1), span(2, trace_id=b"short"), span(3, start_time_unix_nano=0))
    answer = await client.post("/v1/traces", content=mixed, headers=PROTOBUF)

    partial = ExportTraceServiceResponse.FromString(answer.content).partial_success
    assert answer.status_code == 200
    assert partial.rejected_spans == 2
    assert "trace id" in partial.error_message
    assert "time" in partial.error_message
    await drain.run()
    assert (await drain.counts())["spans"] == 1


async def test_partial_success_in_json(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/traces", json=json_request(json_span(), json_span(spanId="x")))
    assert answer.json()["partialSuccess"]["rejectedSpans"] == "1"
    assert "hexadecimal" in answer.json()["partialSuccess"]["errorMessage"]


async def test_a_payload_of_which_nothing_can_be_taken_is_not_stored(
    client: httpx.AsyncClient, api: ApiUnderTest
) -> None:
    answer = await client.post("/v1/traces", content=body(span(span_id=b"")), headers=PROTOBUF)
    assert answer.status_code == 200
    assert await stored(api) == (0, 0)
    assert (await client.post("/v1/traces", content=b"", headers=PROTOBUF)).status_code == 200
    assert await stored(api) == (0, 0)


BOMB = gzip.compress(bytes(MAX_TRACE_BYTES + 1), mtime=0)


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"\xff\xff\xff", PROTOBUF, 400),
        (body(span())[:-3], PROTOBUF, 400),
        (b"{", JSON, 400),
        (b"not gzip", {**PROTOBUF, "content-encoding": "gzip"}, 400),
        (body(span()), {"content-type": "text/plain"}, 415),
        (body(span()), {}, 415),
        (body(span()), {**PROTOBUF, "content-encoding": "br"}, 415),
        (BOMB, {**PROTOBUF, "content-encoding": "gzip"}, 413),
        (bytes(17 * 1024**2), PROTOBUF, 413),
    ],
)
async def test_what_is_no_traces_is_refused_and_nothing_is_stored(
    client: httpx.AsyncClient, api: ApiUnderTest, content: bytes, headers: dict[str, str], status: int
) -> None:
    answer = await client.post("/v1/traces", content=content, headers=headers)
    assert answer.status_code == status
    assert await stored(api) == (0, 0)


async def test_a_refusal_is_a_status_in_the_senders_form(client: httpx.AsyncClient) -> None:
    binary = await client.post("/v1/traces", content=b"\xff", headers=PROTOBUF)
    assert "ExportTraceServiceRequest" in Status.FromString(binary.content).message
    text = await client.post("/v1/traces", content=b"{", headers=JSON)
    assert "JSON" in text.json()["message"]


@pytest.mark.parametrize("header", ["authorization", "x-roark-api-key"])
async def test_the_key_may_stand_in_either_header(api: ApiUnderTest, key: CreatedKey, header: str) -> None:
    value = f"Bearer {key.plain_key}" if header == "authorization" else key.plain_key
    assert (await post(api, {header: value})).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}, {"authorization": "Basic x"}])
async def test_without_a_good_key_nothing_is_taken(api: ApiUnderTest, headers: dict[str, str]) -> None:
    assert (await post(api, headers)).status_code == 401
    assert await stored(api) == (0, 0)


async def test_a_key_that_may_only_read_is_refused(api: ApiUnderTest) -> None:
    reader = await make_key(api.transactions, permissions=["trace:read"])
    assert (await post(api, {"x-roark-api-key": reader.plain_key})).status_code == 403


async def test_under_pressure_senders_are_told_when_to_come_back(
    client: httpx.AsyncClient, api: ApiUnderTest, engine: AsyncEngine, drain: Drain
) -> None:
    assert (await client.post("/v1/traces", content=body(span(1)), headers=PROTOBUF)).status_code == 200
    api.app.state.traces = intake(engine, max_waiting_bytes=10)

    answer = await client.post("/v1/traces", content=body(span(2)), headers=PROTOBUF)

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    await drain.run()
    api.app.state.traces = intake(engine, max_waiting_bytes=10)
    assert (await client.post("/v1/traces", content=body(span(2)), headers=PROTOBUF)).status_code == 200


async def test_an_unreachable_database_is_told_as_503(client: httpx.AsyncClient, api: ApiUnderTest) -> None:
    from callscope.storage.engine import create_engine  # noqa: PLC0415 - only this test breaks the door

    api.app.state.traces = intake(create_engine("postgresql://nobody@127.0.0.1:1/none"))
    answer = await client.post("/v1/traces", content=body(span()), headers=PROTOBUF)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


async def test_hostile_json_is_survived(client: httpx.AsyncClient) -> None:
    deep: Any = {"stringValue": "bottom"}
    for _ in range(200):
        deep = {"arrayValue": {"values": [deep]}}
    hostile = json_request(json_span(attributes=[{"key": "deep", "value": deep}]), json_span())
    answer = await client.post("/v1/traces", content=json.dumps(hostile).encode(), headers=JSON)
    assert answer.status_code == 200
    assert answer.json()["partialSuccess"]["rejectedSpans"] == "1"


async def post(api: ApiUnderTest, headers: dict[str, str]) -> httpx.Response:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=api.app), base_url="http://callscope.test"
    ) as stranger:
        return await stranger.post("/v1/traces", content=body(span()), headers={**PROTOBUF, **headers})
