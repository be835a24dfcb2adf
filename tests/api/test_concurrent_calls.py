"""Many requests at once: names are made once, ids are given once, a property has one type."""

import asyncio
from collections import Counter

import httpx

from tests.support.api import ApiUnderTest, count_rows, minimal_call

PARALLEL = 50


async def test_one_external_id_makes_one_call(api: ApiUnderTest, client: httpx.AsyncClient) -> None:
    body = minimal_call(externalId="x-1", agent={"name": "A"}, properties={"seats": 1})
    responses = await asyncio.gather(*(client.post("/v1/call", json=body) for _ in range(PARALLEL)))

    assert Counter(response.status_code for response in responses) == {201: 1, 200: PARALLEL - 1}
    assert len({response.json()["data"]["id"] for response in responses}) == 1
    rows = await count_rows(api.transactions, "call", "agent", "ingest_request", "analysis", "procrastinate_jobs")
    assert set(rows.values()) == {1}


async def test_unequal_requests_with_one_external_id_conflict(api: ApiUnderTest, client: httpx.AsyncClient) -> None:
    bodies = [minimal_call(externalId="x-1", properties={"seats": number}) for number in range(PARALLEL)]
    responses = await asyncio.gather(*(client.post("/v1/call", json=body) for body in bodies))

    assert Counter(response.status_code for response in responses) == {201: 1, 409: PARALLEL - 1}
    assert (await count_rows(api.transactions, "call"))["call"] == 1


async def test_one_new_agent_is_made_once(api: ApiUnderTest, client: httpx.AsyncClient) -> None:
    agents = [
        {
            "name": name,
            "endpoint": {"type": "phone", "value": "+14155550100"},
            "prompt": {"resolvedPrompt": f"Prompt {number % 3}"},
        }
        for number in range(PARALLEL)
        for name in ("A", "B")
    ]
    # Neighbours name the agents in opposite orders, which deadlocks unless they are made in one order.
    bodies = [
        minimal_call(agents=agents[2 * number : 2 * number + 2][:: 1 if number % 2 else -1])
        for number in range(PARALLEL)
    ]
    responses = await asyncio.gather(*(client.post("/v1/call", json=body) for body in bodies))

    assert Counter(response.status_code for response in responses) == {201: PARALLEL}
    assert await count_rows(api.transactions, "agent", "agent_endpoint", "agent_prompt", "agent_prompt_version") == {
        "agent": 2,
        "agent_endpoint": 2,
        "agent_prompt": 2,
        "agent_prompt_version": 6,
    }
    ids = [{agent["id"] for agent in response.json()["data"]["agents"]} for response in responses]
    assert all(each == ids[0] for each in ids)


async def test_first_writes_of_two_types_leave_one(api: ApiUnderTest, client: httpx.AsyncClient) -> None:
    values = ["one", 1]
    bodies = [minimal_call(properties={"seats": values[number % 2], "b": 1, "a": 2}) for number in range(PARALLEL)]
    bodies = [
        {**body, "properties": dict(reversed(body["properties"].items()))} if n % 3 else body
        for n, body in enumerate(bodies)
    ]
    responses = await asyncio.gather(*(client.post("/v1/call", json=body) for body in bodies))

    assert Counter(response.status_code for response in responses) == {201: PARALLEL // 2, 400: PARALLEL // 2}
    rows = await count_rows(api.transactions, "property_definition", "call")
    assert rows == {"property_definition": 3, "call": PARALLEL // 2}
    calls = (await client.get("/v1/call?limit=100")).json()["data"]
    assert len({call["properties"]["seats"] for call in calls}) == 1
