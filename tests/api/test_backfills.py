"""Stored calls are scored with a metric that was made after they came in."""

from typing import Any

import httpx
import pytest

from tests.support.api import ApiUnderTest, authorization, make_key, minimal_call
from tests.support.live_api import Live

TRANSCRIPT = [
    {"role": "AGENT", "text": "Hello, how can I help?", "startOffsetMs": 0, "endOffsetMs": 1000},
    {"role": "CUSTOMER", "text": "I lost my card.", "startOffsetMs": 1500, "endOffsetMs": 2500},
]


async def create_call(client: httpx.AsyncClient, started_at: str) -> str:
    parties = {"agent": {"name": "Desk"}, "customer": {"phoneNumberE164": None}}
    body = minimal_call(startedAt=started_at, transcript=TRANSCRIPT, **parties)
    created = await client.post("/v1/call", json=body)
    assert created.status_code == 201, created.text
    return str(created.json()["data"]["id"])


async def create_metric(client: httpx.AsyncClient) -> dict[str, Any]:
    """Make a metric that needs no judge: whether there were two turns."""
    body = {"operator": "EQUALS", "value": 2, "name": "Two turns"}
    created = await client.post("/v1/metric/definitions/turn_count/thresholds", json=body)
    assert created.status_code == 201, created.text
    return dict(created.json()["data"])


async def test_a_new_metric_scores_the_last_calls_after_telling_what_that_comes_to(live: Live) -> None:
    client = live.client
    old, new = [await create_call(client, f"2026-01-{day}T09:30:00Z") for day in (10, 20)]
    await live.read()
    metric = await create_metric(client)
    path = f"/v1/metric/definitions/{metric['slug']}/backfill"

    estimated = await client.post(path, json={"lastCalls": 1, "estimateOnly": True})
    assert (estimated.status_code, estimated.json()["data"]["metricCollectionJob"]) == (200, None)
    assert estimated.json()["data"]["estimate"] == {
        "calls": 1,
        "items": 1,
        "judgedItems": 0,
        "promptTokens": 0,
        "completionTokens": 0,
        "amountUsd": 0.0,
        "amountUsdMicros": 0,
        "basis": "no judge is needed for any of it",
    }
    started = await client.post(path, json={"lastCalls": 1})
    assert started.status_code == 201
    job_path = f"/v1/metric/collection-jobs/{started.json()['data']['metricCollectionJob']['id']}"
    await live.work()

    job = (await client.get(job_path)).json()["data"]
    assert (job["status"], job["policyIds"], job["triggeredBy"]) == ("COMPLETED", [], "USER_API")
    values = (await client.get(f"{job_path}/metric-values")).json()["data"]
    assert [(value["callId"], value["value"]) for value in values if value["slug"] == metric["slug"]] == [(new, True)]
    assert old not in {value["callId"] for value in values}


@pytest.mark.parametrize("selection", [{}, {"lastCalls": 1, "startedFrom": "2026-01-01T00:00:00Z"}])
async def test_it_must_be_said_which_calls_and_in_one_way(client: httpx.AsyncClient, selection: dict[str, Any]) -> None:
    refused = await client.post("/v1/metric/definitions/turn_count/backfill", json=selection)

    assert (refused.status_code, refused.json()["param"]) == (400, "lastCalls")


async def test_where_no_call_is_stored_no_job_is_started(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/metric/definitions/turn_count/backfill", json={"lastCalls": 5})

    assert (answer.status_code, answer.json()["data"]["metricCollectionJob"]) == (200, None)


async def test_a_metric_of_another_project_is_not_there(client: httpx.AsyncClient, api: ApiUnderTest) -> None:
    metric = await create_metric(client)
    other = authorization(await make_key(api.transactions, project="other"))

    path = f"/v1/metric/definitions/{metric['id']}/backfill"
    assert (await client.post(path, json={"lastCalls": 1}, headers=other)).status_code == 404
