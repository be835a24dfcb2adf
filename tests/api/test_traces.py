import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from callscope.traces.decode import decode_spans
from callscope.traces.payload import MediaType, read_payload
from tests.support.api import ApiUnderTest, authorization, make_key, minimal_call
from tests.support.otlp import TRACE_ID, body, failed, span
from tests.support.trace_api import Drain, draining, intake

TRACE = TRACE_ID.hex()
PROTOBUF = {"content-type": "application/x-protobuf"}


@pytest.fixture
async def drain(api: ApiUnderTest, engine: AsyncEngine, database_url: str, tmp_path: Path) -> AsyncIterator[Drain]:
    api.app.state.traces = intake(engine)
    async with draining(api.transactions, database_url, tmp_path) as drain:
        yield drain


async def send(client: httpx.AsyncClient, drain: Drain, *spans: Any, **options: Any) -> bytes:
    content = body(*spans, **options)
    assert (await client.post("/v1/traces", content=content, headers=PROTOBUF)).status_code == 200
    await drain.run()
    return content


async def listed(client: httpx.AsyncClient, **parameters: str) -> list[str]:
    answer = await client.get("/v1/trace", params=parameters)
    assert answer.status_code == 200, answer.text
    return [trace["rootName"] for trace in answer.json()["data"]]


async def test_a_trace_is_read_with_its_spans(client: httpx.AsyncClient, drain: Drain) -> None:
    llm = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "small", "gen_ai.usage.input_tokens": 9}
    await send(client, drain, span(1, name="call"), span(2, name="think", attributes=llm, status=failed("x"), at_ms=5))

    read = (await client.get(f"/v1/trace/{TRACE}")).json()["data"]

    assert (read["traceId"], read["rootName"], read["spanCount"], read["errorCount"]) == (TRACE, "call", 2, 1)
    assert (read["startedAt"], read["durationMs"], read["calls"]) == ("2026-01-31T09:10:00Z", 105.0, [])
    call, think = read["spans"]
    assert call["meaning"] is None
    assert (think["meaning"]["part"], think["meaning"]["model"], think["meaning"]["inputTokens"]) == ("llm", "small", 9)
    assert (think["status"], think["statusMessage"], think["startOffsetMs"]) == ("ERROR", "x", None)
    assert think["startTimeUnixNano"] == "1769850600005000000"


async def test_a_trace_leaves_as_it_came(client: httpx.AsyncClient, drain: Drain) -> None:
    sent = await send(client, drain, span(1, attributes={"a": [1, "b"]}), span(2, at_ms=1), resource={"host": "h"})

    left = await client.get(f"/v1/trace/{TRACE}", params={"format": "otlp"})

    came = list(decode_spans(read_payload(sent, MediaType.PROTOBUF)))
    assert list(decode_spans(read_payload(left.content, MediaType.JSON))) == came


async def test_traces_are_listed_and_filtered(client: httpx.AsyncClient, drain: Drain) -> None:
    await send(client, drain, span(1, name="first", attributes={"n": 7, "digits": "7"}))
    await send(client, drain, span(1, trace_id=b"\1" * 16, name="second", at_ms=60_000, status=failed("x")))
    assert await listed(client) == ["second", "first"]
    assert await listed(client, sortDirection="asc") == ["first", "second"]
    assert await listed(client, status="ERROR") == ["second"]
    assert await listed(client, startedBefore="2026-01-31T09:10:30Z") == ["first"]
    assert await listed(client, **{"attributes[n]": "7"}) == ["first"]
    assert await listed(client, **{"attributes[digits]": '"7"'}) == ["first"]
    assert await listed(client, **{"attributes[digits]": "7"}) == []
    assert await listed(client, matched="true") == []

    page = (await client.get("/v1/trace", params={"limit": 1})).json()["pagination"]
    assert (page["hasMore"], page["total"]) == (True, 2)
    assert await listed(client, limit="1", after=page["nextCursor"]) == ["first"]


@pytest.mark.parametrize(
    "parameters",
    [
        {"limit": "0"},
        {"status": "BROKEN"},
        {"attributes[n": "7"},
        {"startedFrom": "soon"},
        {"after": "x"},
        {"name": "a\0"},
        {"minDurationMs": "-1"},
    ],
)
async def test_bad_filters_are_refused(client: httpx.AsyncClient, parameters: dict[str, str]) -> None:
    answer = await client.get("/v1/trace", params=parameters)
    assert (answer.status_code, answer.json()["type"]) == (400, "validation")


async def test_a_calls_traces_say_why_they_are_not_aligned(client: httpx.AsyncClient, drain: Drain) -> None:
    created = await client.post("/v1/call", json=minimal_call(externalId="order 7"))
    call_id = created.json()["data"]["id"]
    await send(client, drain, span(1, attributes={"roark.external_id": "order 7"}))

    read = (await client.get(f"/v1/call/{call_id}/traces")).json()["data"]

    assert read["alignment"] is None
    assert "recording" in read["alignmentReason"]
    assert read["responses"] == []
    (trace,) = read["traces"]
    (link,) = trace["calls"]
    assert (link["callId"], link["matchedBy"], link["value"]) == (call_id, "roark.external_id", "order 7")
    left = await client.get(f"/v1/call/{call_id}/traces", params={"format": "otlp"})
    assert len(list(decode_spans(read_payload(left.content, MediaType.JSON)))) == 1


async def test_a_trace_is_linked_by_hand_and_taken_apart(client: httpx.AsyncClient, drain: Drain) -> None:
    call_id = (await client.post("/v1/call", json=minimal_call())).json()["data"]["id"]
    await send(client, drain, span(1))

    linked = await client.post(f"/v1/trace/{TRACE}/calls", json={"callId": call_id})
    assert linked.json()["data"] == {"traceId": TRACE, "callId": call_id, "linked": True}
    (found,) = (await client.get("/v1/trace", params={"callId": call_id})).json()["data"]
    assert found["calls"][0]["matchedBy"] == "manual"

    assert (await client.delete(f"/v1/trace/{TRACE}/calls/{call_id}")).json()["data"]["linked"] is False
    assert (await client.delete(f"/v1/trace/{TRACE}/calls/{call_id}")).status_code == 404
    assert (await client.post(f"/v1/trace/{TRACE}/calls", json={})).status_code == 400


async def test_unknown_traces_and_calls_are_404(client: httpx.AsyncClient) -> None:
    unknown_call = "01890000-0000-7000-8000-000000000000"
    for path in (f"/v1/trace/{TRACE}", f"/v1/call/{unknown_call}/traces"):
        assert (await client.get(path)).status_code == 404
    assert (await client.get("/v1/trace/short")).status_code == 400


async def test_each_action_needs_its_permission(client: httpx.AsyncClient, api: ApiUnderTest, drain: Drain) -> None:
    await send(client, drain, span(1))
    creator = authorization(await make_key(api.transactions, permissions=["trace:create"]))
    reader = authorization(await make_key(api.transactions, permissions=["trace:read"]))
    stranger = authorization(await make_key(api.transactions, project="another"))
    assert (await client.get("/v1/trace", headers=creator)).status_code == 403
    assert (await client.get("/v1/trace", headers=reader)).status_code == 200
    assert (await client.delete(f"/v1/trace/{TRACE}/calls/{TRACE}", headers=reader)).status_code == 403
    assert (await client.get(f"/v1/trace/{TRACE}", headers=stranger)).status_code == 404
    assert json.loads((await client.get("/v1/trace", headers=stranger)).content)["data"] == []
