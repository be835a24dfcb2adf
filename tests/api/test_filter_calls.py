"""Filters of the list of calls, each against calls that it keeps and calls that it leaves out."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from callscope.core.call import CallDirection
from tests.support.api import ApiUnderTest, authorization, make_key, minimal_call


def said(*texts: str) -> list[dict[str, Any]]:
    return [
        {"role": "AGENT", "text": each, "startOffsetMs": 1000 * number, "endOffsetMs": 1000 * number + 900}
        for number, each in enumerate(texts)
    ]


CALLS: dict[str, dict[str, Any]] = {
    "gold": {
        "properties": {"planTier": "gold", "seats": 30, "isTrial": False, "zip": "10115"},
        "agent": {"name": "Desk", "customId": "desk"},
        "externalId": "x-1",
        "transcript": said("Voulez-vous un café\u0301 crème?", "Ça fait 3.50 €, ask O\u2019Brien."),
    },
    "silver": {
        "properties": {"planTier": "Silver 100%", "seats": 4.5, "isTrial": True, "zip": "9"},
        "callDirection": "OUTBOUND",
        "interfaceType": "WEB",
        "endedStatus": "AGENT_ERROR",
        "startedAt": "2026-01-30T00:00:00Z",
        "transcript": said("I would like to cancel my subscription", "Größe und ΑΘΗΝΑ"),
    },
    "bare": {"startedAt": "2026-01-29T23:59:59.999Z"},
}


@pytest.fixture
async def ids(api: ApiUnderTest, client: httpx.AsyncClient) -> dict[str, str]:
    """The three calls, made a minute apart; the first has lasted a minute, and has metric values."""
    made = {}
    for name, fields in CALLS.items():
        response = await client.post("/v1/call", json=minimal_call(**fields))
        assert response.status_code == 201, response.text
        made[name] = response.json()["data"]["id"]
        api.clock.moment += timedelta(minutes=1)
    insert = """
        INSERT INTO metric_value (id, project_id, call_id, slug, version, role, context, ordinal, state, value, number,
                                  segments, evidence, statistics, method, parameters, computed_at)
        SELECT gen_random_uuid(), project_id, id, slug, 1, role, 'CALL', 0, state, value::jsonb, number,
               '[]', '[]', '{}', 'test', '{}', now()
        FROM call, (VALUES ('turn_count', NULL, 'SUCCESS', '12', 12), ('pace', 'agent', 'SUCCESS', '150.5', 150.5),
                           ('outcome', NULL, 'SUCCESS', '"booked"', NULL), ('gone', NULL, 'DATA_MISSING', NULL, NULL))
             AS metric (slug, role, state, value, number)
        WHERE id = :id
    """
    async with api.transactions.begin() as session:
        await session.execute(text(insert), {"id": made["gold"]})
        await session.execute(text("UPDATE call SET duration_ms = 60000 WHERE id = :id"), {"id": made["gold"]})
    return made


KEPT: dict[str, str] = {
    "properties[planTier]=gold": "gold",
    "properties[plan_tier]=Gold": "",
    "properties[planTier][not]=gold": "silver bare",
    "properties[seats]=30": "gold",
    "properties[seats]=30.0": "gold",
    "properties[seats][gt]=4.5": "gold",
    "properties[seats][gte]=4.5": "gold silver",
    "properties[seats][lt]=30": "silver",
    "properties[seats][lte]=3e1": "gold silver",
    "properties[seats][gt]=4&properties[seats][lt]=5": "silver",
    "properties[isTrial]=true": "silver",
    "properties[isTrial][not]=true": "gold bare",
    "properties[zip]=10115": "gold",
    "properties[zip][lt]=2": "gold",
    "properties[planTier][gte]=a": "gold",
    "properties[planTier][contains]=ILVER": "silver",
    "properties[planTier][contains]=0%": "silver",
    "properties[planTier][contains]=_": "",
    "properties[planTier][startsWith]=go": "gold",
    "properties[planTier][startsWith]=old": "",
    "properties[never][gt]=1": "",
    "properties[never][not]=1": "gold silver bare",
    "properties[planTier][exists]=false": "bare",
    "metric[turn_count][gt]=11": "gold",
    "metric[turn_count][gt]=12": "",
    "metric[turn_count]=12": "gold",
    "metric[pace][lte]=150.5": "gold",
    "metric[outcome]=booked": "gold",
    "metric[outcome][not]=booked": "silver bare",
    "metric[gone][exists]=true": "",
    "metric[turn_count][exists]=true": "gold",
    "metric[turn_count][exists]=false": "silver bare",
    "startedAfter=2026-01-30": "gold silver",
    "startedBefore=2026-01-30": "bare",
    "startedAfter=2026-01-30T01:00:00%2B01:00&startedBefore=2026-01-31": "silver",
    "startedAfter=2026-01-30T01:00:00+01:00&startedBefore=2026-01-31": "silver",
    "createdAfter=2026-01-31T12:01:00Z": "silver bare",
    "createdBefore=2026-01-31T12:01:00Z": "gold",
    "updatedSince=2026-01-31T12:02:00Z": "bare",
    "externalId=x-1": "gold",
    "externalId=x": "",
    "endedStatus=AGENT_ERROR": "silver",
    "callDirection=OUTBOUND": "silver",
    "interfaceType=WEB": "silver",
    "source=API": "gold silver bare",
    "source=VAPI": "",
    "minDurationMs=60000": "gold",
    "maxDurationMs=59999": "",
    "searchText=cafe": "gold",
    "searchText=CAF%C3%89": "gold",
    "searchText=caf+creme": "gold",
    "searchText=creme+caf": "gold",
    "searchText=afe": "",
    "searchText=3.50": "gold",
    "searchText=o'brien": "gold",
    "searchText=subscr": "silver",
    "searchText=cancel+cafe": "",
    "searchText=grosse": "silver",
    "searchText=grösse": "silver",
    "searchText=αθηνα": "silver",
    "searchText=%26+%7C+!+(+'": "",
    "nothingWeKnow=1": "gold silver bare",
}


@pytest.mark.parametrize(("query", "kept"), KEPT.items(), ids=list(KEPT))
async def test_a_filter_keeps(client: httpx.AsyncClient, ids: dict[str, str], query: str, kept: str) -> None:
    response = await client.get(f"/v1/call?sortDirection=asc&{query}")
    assert response.status_code == 200, response.text
    names = {call_id: name for name, call_id in ids.items()}
    assert " ".join(names[call["id"]] for call in response.json()["data"]) == kept
    assert response.json()["pagination"]["total"] == len(kept.split())


async def test_an_agents_calls(client: httpx.AsyncClient, ids: dict[str, str]) -> None:
    agents = (await client.get(f"/v1/call/{ids['gold']}")).json()["data"]["agents"]
    found = (await client.get("/v1/call", params={"agentId": agents[0]["id"]})).json()["data"]
    assert [call["id"] for call in found] == [ids["gold"]]


async def test_filters_see_nothing_of_another_project(
    api: ApiUnderTest, client: httpx.AsyncClient, ids: dict[str, str]
) -> None:
    stranger = authorization(await make_key(api.transactions, project="other"))
    for query in ("searchText=cafe", "properties[seats][gt]=1", "metric[turn_count][exists]=true", "externalId=x-1"):
        assert (await client.get(f"/v1/call?{query}", headers=stranger)).json()["pagination"]["total"] == 0
    assert len(ids) == 3


async def test_a_deleted_call_is_not_found_by_its_words(client: httpx.AsyncClient, ids: dict[str, str]) -> None:
    await client.delete(f"/v1/call/{ids['gold']}")
    assert (await client.get("/v1/call?searchText=cafe")).json()["data"] == []


async def test_a_page_of_a_filtered_list_goes_on(client: httpx.AsyncClient, ids: dict[str, str]) -> None:
    query = "/v1/call?properties[seats][gt]=1&sortBy=startedAt&limit=1"
    first = (await client.get(query)).json()
    second = (await client.get(f"{query}&after={first['pagination']['nextCursor']}")).json()
    assert [call["id"] for call in first["data"] + second["data"]] == [ids["gold"], ids["silver"]]
    assert (first["pagination"]["total"], second["pagination"]["hasMore"]) == (2, False)


async def test_every_wrong_pair_is_named(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/call?limit=0&properties[a][above]=1&status=DONE&metric[x][lt]=y")
    paths = [issue["path"] for issue in response.json()["error"]["issues"]]
    assert paths == [["limit"], ["properties[a][above]"], ["status"], ["metric[x][lt]"]]


async def test_the_document_names_every_filter(api: ApiUnderTest) -> None:
    parameters = {each["name"]: each for each in api.app.openapi()["paths"]["/v1/call"]["get"]["parameters"]}
    assert {"searchText", "startedAfter", "properties", "metric", "maxDurationMs"} <= parameters.keys()
    assert parameters["callDirection"]["schema"]["enum"] == list(CallDirection)
