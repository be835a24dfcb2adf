"""The judge of a project, and drafts tried on a call."""

from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from callscope.core.judge import JudgeRules, TokenPrice
from tests.support.api import ApiUnderTest, authorization, build_app_under_test, count_rows, make_key, minimal_call
from tests.support.judge_server import JudgeServer, verdict
from tests.support.recording_server import running_recording_server

LINES = [
    {"role": "AGENT", "text": "Hello, how can I help?", "startOffsetMs": 0, "endOffsetMs": 1000},
    {"role": "CUSTOMER", "text": "Cancel my order.", "startOffsetMs": 2000, "endOffsetMs": 3000},
]
DRAFT = {
    "calculationType": "LLM_JUDGE",
    "name": "Cancels",
    "outputType": "BOOLEAN",
    "llmPrompt": "Does the customer cancel?",
}


@pytest.fixture
def api(engine: AsyncEngine) -> ApiUnderTest:
    prices = {"scripted": TokenPrice(input_micros_per_million=1_000_000, output_micros_per_million=1_000_000)}
    return build_app_under_test(engine, JudgeRules(retry_waits_s=(), prices=prices))


@pytest.fixture
async def judge() -> AsyncIterator[JudgeServer]:
    async with running_recording_server() as server:
        yield JudgeServer(server)


async def test_a_project_brings_its_own_judge(client: httpx.AsyncClient, api: ApiUnderTest) -> None:
    none = (await client.get("/v1/judge")).json()["data"]
    body = {"url": "https://judge.example/v1", "model": "m", "apiKey": "secret-9"}
    chosen = await client.put("/v1/judge", json=body)
    shown = (await client.get("/v1/judge")).json()["data"]
    other = await client.get("/v1/judge", headers=authorization(await make_key(api.transactions, project="other")))
    forgotten = (await client.delete("/v1/judge")).json()["data"]

    assert none == {"source": None, "url": None, "model": None, "hasApiKey": False}
    assert shown == {"source": "project", "url": "https://judge.example/v1", "model": "m", "hasApiKey": True}
    assert "secret-9" not in chosen.text
    assert other.json()["data"] == none
    assert forgotten == none


@pytest.mark.parametrize("url", ["ftp://judge.example/v1", "https://user:pass@judge.example/v1", "judge"])
async def test_an_address_that_is_never_called_is_refused(client: httpx.AsyncClient, url: str) -> None:
    refused = await client.put("/v1/judge", json={"url": url, "model": "m"})
    assert refused.status_code == 400
    assert refused.json()["param"] == "url"


async def test_a_draft_is_tried_and_not_stored(
    client: httpx.AsyncClient, api: ApiUnderTest, judge: JudgeServer
) -> None:
    call_id = (await client.post("/v1/call", json=minimal_call(transcript=LINES))).json()["data"]["id"]
    judge.script = lambda _body: verdict((2, "Cancel my order"), value=True)
    await client.put("/v1/judge", json={"url": judge.endpoint.url, "model": "scripted"})
    tried = (await client.post("/v1/metric/playground", json={"callId": call_id, "definition": DRAFT})).json()["data"]
    cost = (await client.get(f"/v1/call/{call_id}/cost")).json()["data"]

    value = tried["metric"]["values"][0]
    assert (value["value"], value["confidence"]) == (True, 0.9)
    assert value["evidenceSpans"][0]["fromSegment"]["text"] == "Cancel my order."
    assert (tried["promptTokens"], tried["amountUsdMicros"], cost["totalUsdMicros"]) == (1000, 1100, 1100)
    assert await count_rows(api.transactions, "metric_definition", "metric_value") == {
        "metric_definition": 0,
        "metric_value": 0,
    }


async def test_a_threshold_is_tried_on_what_the_call_has(client: httpx.AsyncClient) -> None:
    call_id = (await client.post("/v1/call", json=minimal_call(transcript=LINES))).json()["data"]["id"]
    draft = {"metricId": "response_time", "operator": "LESS_THAN", "value": 2000}
    tried = await client.post("/v1/metric/playground", json={"callId": call_id, "threshold": draft})
    assert tried.json()["data"]["metric"]["values"][0]["captureStatus"] == "DATA_MISSING"


async def test_a_trial_says_what_is_wrong(client: httpx.AsyncClient) -> None:
    call_id = (await client.post("/v1/call", json=minimal_call(transcript=LINES))).json()["data"]["id"]
    path = "/v1/metric/playground"
    bare = await client.post(path, json={"callId": call_id})
    broken = await client.post(path, json={"callId": call_id, "definition": {**DRAFT, "scaleMin": 1}})
    unknown = await client.post(path, json={"callId": "00000000-0000-4000-8000-000000000000", "definition": DRAFT})
    unjudged = await client.post(path, json={"callId": call_id, "definition": DRAFT})
    assert (bare.status_code, bare.json()["param"]) == (400, "definition")
    assert (broken.status_code, broken.json()["param"]) == (400, "scaleMin")
    assert unknown.status_code == 404
    value = unjudged.json()["data"]["metric"]["values"][0]
    assert (value["captureStatus"], "no judge configured" in value["valueReasoning"]) == ("DATA_MISSING", True)


async def test_a_judge_that_refuses_is_told_of(client: httpx.AsyncClient, judge: JudgeServer) -> None:
    call_id = (await client.post("/v1/call", json=minimal_call(transcript=LINES))).json()["data"]["id"]
    judge.script = lambda _body: 401
    await client.put("/v1/judge", json={"url": judge.endpoint.url, "model": "scripted"})
    tried = (await client.post("/v1/metric/playground", json={"callId": call_id, "definition": DRAFT})).json()
    value = tried["data"]["metric"]["values"][0]
    assert value["captureStatus"] == "ERROR"
    assert "Check its address, key and model" in value["errorMessage"]


async def test_what_is_not_judged_says_why(client: httpx.AsyncClient) -> None:
    call_id = (await client.post("/v1/call", json=minimal_call(transcript=LINES))).json()["data"]["id"]
    path = f"/v1/call/{call_id}/metrics?status=all"

    async def reason() -> str:
        groups = {group["slug"]: group for group in (await client.get(path)).json()["data"]}
        value = groups["compliance_pii_handling"]["values"][0]
        assert value["captureStatus"] == "DATA_MISSING"
        return str(value["valueReasoning"])

    assert "no judge configured" in await reason()
    await client.put("/v1/judge", json={"url": "https://judge.example/v1", "model": "m"})
    assert "no active metric policy" in await reason()
