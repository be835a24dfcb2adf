"""Lists: orders, cursors, filters and what is wrong with a query."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from tests.support.api import ApiUnderTest, authorization, make_key, minimal_call


async def walk(client: httpx.AsyncClient, **query: Any) -> list[str]:
    """Return the ids of all pages of three."""
    ids: list[str] = []
    after: dict[str, str] = {}
    while True:
        response = await client.get("/v1/call", params={"limit": 3, **query, **after})
        assert response.status_code == 200, response.text
        page = response.json()
        ids += [call["id"] for call in page["data"]]
        if not page["pagination"]["hasMore"]:
            assert page["pagination"]["nextCursor"] is None
            assert page["pagination"]["total"] == len(ids)
            return ids
        after = {"after": page["pagination"]["nextCursor"]}


@pytest.fixture
async def call_ids(api: ApiUnderTest, client: httpx.AsyncClient) -> list[str]:
    """Eight calls with equal and missing sort values, in the order they were made."""
    ids = []
    for number in range(8):
        api.clock.moment += timedelta(seconds=number % 2)
        body = minimal_call(startedAt=f"2026-01-{10 + number % 4}T09:30:00Z")
        ids.append((await client.post("/v1/call", json=body)).json()["data"]["id"])
    async with api.transactions.begin() as session:
        for number, call_id in enumerate(ids[:5]):
            await session.execute(
                text("UPDATE call SET title = :title, duration_ms = :ms, ended_at = started_at WHERE id = :id"),
                {"title": "same" if number % 2 else f"title {number}", "ms": 1000 * (number // 2), "id": call_id},
            )
    return ids


@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize("sort_by", ["createdAt", "startedAt", "endedAt", "duration", "title", "status"])
async def test_every_order_shows_every_call_once(
    client: httpx.AsyncClient, call_ids: list[str], sort_by: str, direction: str
) -> None:
    walked = await walk(client, sortBy=sort_by, sortDirection=direction)
    assert sorted(walked) == sorted(call_ids)

    field = {"duration": "durationMs"}.get(sort_by, sort_by)
    whole = (await client.get("/v1/call", params={"sortBy": sort_by, "sortDirection": direction})).json()["data"]
    values = [call[field] for call in whole]
    assert [call["id"] for call in whole] == walked
    present = [value for value in values if value is not None]
    assert present == sorted(present, reverse=direction == "desc")
    assert values == present + [None] * (len(values) - len(present))


async def test_calls_made_meanwhile_do_not_shift_the_pages(client: httpx.AsyncClient, call_ids: list[str]) -> None:
    first = (await client.get("/v1/call", params={"limit": 3})).json()
    await client.post("/v1/call", json=minimal_call())
    query = {"limit": 100, "after": first["pagination"]["nextCursor"]}
    rest = (await client.get("/v1/call", params=query)).json()
    assert [call["id"] for call in first["data"] + rest["data"]] == list(reversed(call_ids))


async def test_another_project_sees_nothing(api: ApiUnderTest, client: httpx.AsyncClient, call_ids: list[str]) -> None:
    stranger = authorization(await make_key(api.transactions, project="other"))
    page = (await client.get("/v1/call", headers=stranger)).json()
    assert (page["data"], page["pagination"]["total"]) == ([], 0)
    for path in ("", "/transcript", "/metrics"):
        assert (await client.get(f"/v1/call/{call_ids[0]}{path}", headers=stranger)).status_code == 404
    assert (await client.delete(f"/v1/call/{call_ids[0]}", headers=stranger)).status_code == 404


BAD_QUERIES = {
    "limit=0": ("limit", "must be at least 1; got '0'"),
    "limit=101": ("limit", "must be at most 100; got '101'"),
    "limit=many": ("limit", "must be an integer; got 'many'"),
    "sortBy=size": ("sortBy", "must be one of 'createdAt'"),
    "sortDirection=up": ("sortDirection", "must be one of 'asc' or 'desc'"),
    "status=DONE": ("status", "must be one of 'RINGING', 'IN_PROGRESS' or 'ENDED'"),
    "after=xyz": ("after", "is not a cursor of this list and order"),
    "after=WzEsMiwzLDRd": ("after", "is not a cursor of this list and order"),
    "properties[a][exists]=yes": ("properties[a][exists]", "must be true or false"),
    "properties[a][above]=1": ("properties[a][above]", "Comparisons are [not] [gt]"),
    "properties[a][]=1": ("properties[a][]", "is not a filter"),
    "properties=1": ("properties", "is not a filter"),
    "properties[a%00]=1": ("properties[a\0]", "contains a NUL character"),
    "metric[response_time][gt]=slow": ("metric[response_time][gt]", "must be a number; got 'slow'"),
    "metric[response_time][contains]=1": ("metric[response_time][contains]", "is not a filter"),
    "startedAfter=soon": ("startedAfter", "must be a date, or a date and time, in ISO 8601"),
    "minDurationMs=-1": ("minDurationMs", "must be at least 0"),
    "agentId=desk": ("agentId", "must be a UUID"),
    "endedStatus=WELL": ("endedStatus", "must be one of 'PARTICIPANTS_DID_NOT_SPEAK'"),
    "properties[status][exists]=true": ("properties[status][exists]", "is a filter of its own"),
    "properties[!][exists]=true": ("properties[!][exists]", "names no property"),
    "&".join(f"properties[p{n}][exists]=true" for n in range(21)): ("properties", "at most 20"),
    "simulationRunPlanIds=a,b": ("simulationRunPlanIds", "must be UUIDs"),
    "searchText=%00": ("searchText", "contains a NUL character"),
}


@pytest.mark.parametrize(("query", "expected"), BAD_QUERIES.items(), ids=[query[:40] for query in BAD_QUERIES])
async def test_a_bad_query_is_explained(client: httpx.AsyncClient, query: str, expected: tuple[str, str]) -> None:
    response = await client.get(f"/v1/call?{query}")
    assert response.status_code == 400
    issue = response.json()["error"]["issues"][0]
    assert issue["path"] == [expected[0]]
    assert expected[1] in issue["message"]


async def test_a_cursor_belongs_to_its_order(client: httpx.AsyncClient, call_ids: list[str]) -> None:
    assert len(call_ids) > 1
    cursor = (await client.get("/v1/call?limit=1")).json()["pagination"]["nextCursor"]
    response = await client.get("/v1/call", params={"after": cursor, "sortDirection": "asc"})
    assert response.status_code == 400


@pytest.mark.parametrize("path", ["/v1/call/not-a-uuid", "/v1/call/not-a-uuid/metrics"])
async def test_an_id_that_is_none_is_named(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert response.status_code == 400
    assert "must be a UUID; got 'not-a-uuid'" in response.json()["message"]


async def test_an_unknown_route_says_so(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/nothing")
    assert (response.status_code, response.json()["code"]) == (404, "route_not_found")
    response = await client.put("/v1/call")
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
