"""What a new call becomes: agents, endpoints, prompts, customers, turns, tools and properties."""

from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy import text

from tests.support.api import ApiUnderTest, authorization, count_all_rows, count_rows, make_key, minimal_call

PHONE = {"type": "phone", "value": "+14155550100"}


async def create(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    response = await client.post("/v1/call", json=minimal_call(**fields))
    assert response.status_code == 201, response.text
    data: dict[str, Any] = response.json()["data"]
    return data


async def entries_of(client: httpx.AsyncClient, call_id: str) -> list[tuple[str, int, int, str | None]]:
    data = (await client.get(f"/v1/call/{call_id}/transcript")).json()["data"]
    type_of = {participant["id"]: participant["type"] for participant in data["participants"]}
    return [
        (entry["text"], entry["startOffsetMs"], entry["endOffsetMs"], type_of.get(entry["participantId"]))
        for entry in data["entries"]
    ]


def turn(role: str, text: str, start: int, end: int, **further: Any) -> dict[str, Any]:
    return {"role": role, "text": text, "startOffsetMs": start, "endOffsetMs": end, **further}


async def test_a_minimal_call_is_stored_with_its_first_job(api: ApiUnderTest, client: httpx.AsyncClient) -> None:
    data = await create(client)

    assert data["status"] == "ENDED"
    assert data["startedAt"] == "2026-01-31T09:30:00Z"
    assert data["agents"] == data["customers"] == []
    rows = await count_rows(api.transactions, "call", "analysis", "procrastinate_jobs", "ingest_request")
    assert set(rows.values()) == {1}
    assert api.probe.asked == ["https://recordings.example/call.wav"]


@pytest.mark.parametrize(
    "further", [{}, {"agent": {"name": "Frontdesk"}}], ids=["one statement", "an agent made in the same transaction"]
)
async def test_no_success_is_sent_for_what_was_not_committed(
    api: ApiUnderTest, client: httpx.AsyncClient, further: dict[str, Any]
) -> None:
    async with api.transactions.begin() as session:
        await session.execute(
            text("""
            CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the disk is full'; END $$
        """)
        )
        await session.execute(
            text("""
            CREATE CONSTRAINT TRIGGER fail_at_commit AFTER INSERT ON call DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION fail()
        """)
        )

    response = await client.post("/v1/call", json=minimal_call(**further))

    assert response.status_code == 500
    assert response.json()["code"] == "internal_error"
    assert "disk" not in response.text
    assert response.json()["request_id"] == response.headers["x-request-id"]
    assert set((await count_all_rows(api.transactions)).values()) == {0}


async def test_a_database_that_is_away_is_a_503_worth_retrying(
    api: ApiUnderTest, client: httpx.AsyncClient, database_url: str
) -> None:
    async with api.transactions() as one, api.transactions() as another:
        await one.execute(text("SELECT 1"))
        await another.execute(text("SELECT 1"))
    with psycopg.connect(database_url) as connection:
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        connection.execute(f"SELECT pg_terminate_backend(pid) {others}".encode())
    response = await client.post("/v1/call", json=minimal_call())

    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    assert response.json()["code"] == "database_unavailable"
    assert (await client.post("/v1/call", json=minimal_call())).status_code == 201


async def test_agents_are_found_by_custom_id_then_by_name_else_made(client: httpx.AsyncClient) -> None:
    async def agent_of(**identity: Any) -> str:
        return (await create(client, agent=identity))["agents"][0]["id"]

    named = await agent_of(name="Frontdesk")
    assert await agent_of(name="Frontdesk") == named
    assert await agent_of(name="frontdesk") != named
    by_custom_id = await agent_of(name="Frontdesk", customId="f-1")
    assert by_custom_id != named
    assert await agent_of(name="Renamed since", customId="f-1") == by_custom_id
    assert await agent_of(customId="f-1") == by_custom_id
    assert await agent_of(roarkId=named) == named


async def test_projects_share_no_agents(api: ApiUnderTest, client: httpx.AsyncClient) -> None:
    ours = await create(client, agent={"name": "Frontdesk"})
    stranger = authorization(await make_key(api.transactions, project="other"))
    theirs = await client.post("/v1/call", json=minimal_call(agent={"name": "Frontdesk"}), headers=stranger)
    assert theirs.json()["data"]["agents"][0]["id"] != ours["agents"][0]["id"]


async def test_endpoints_are_found_by_their_values_else_made(client: httpx.AsyncClient) -> None:
    async def endpoint_of(agent: str, **endpoint: Any) -> dict[str, Any]:
        created = await create(client, agent={"name": agent, "endpoint": endpoint})
        found: dict[str, Any] = created["agents"][0]["endpoint"]
        return found

    first = await endpoint_of("A", **PHONE)
    assert first["environment"] == "production"
    assert first["phoneNumberE164"] == "+14155550100"
    assert await endpoint_of("A", **PHONE) == first
    assert await endpoint_of("A", type="PHONE", value="+14155550100") == first
    assert await endpoint_of("A", id=first["id"]) == first
    assert await endpoint_of("A", **PHONE, direction="INCOMING") != first
    assert await endpoint_of("B", **PHONE) != first
    socket = await endpoint_of("A", type="websocket", value="wss://agent.example/ws")
    assert socket["phoneNumberE164"] is None


async def test_prompts_are_versioned_and_stored_once(api: ApiUnderTest, client: httpx.AsyncClient) -> None:
    for prompt in ("Be kind.", "Be brief.", "Be kind."):
        await create(client, agent={"name": "A", "prompt": {"resolvedPrompt": prompt}})
    async with api.transactions() as session:
        versions = await session.execute(text("SELECT version, prompt FROM agent_prompt_version ORDER BY version"))
        used = await session.execute(
            text(
                "SELECT prompt FROM call_agent JOIN agent_prompt_version AS used ON used.id = agent_prompt_version_id "
                "ORDER BY call_agent.id"
            )
        )
    assert versions.all() == [(1, "Be kind."), (2, "Be brief.")]
    assert used.scalars().all() == ["Be kind.", "Be brief.", "Be kind."]


async def test_unlabelled_turns_belong_to_the_only_participant(client: httpx.AsyncClient) -> None:
    call = await create(
        client,
        agent={"name": "A"},
        customers=[{"phoneNumberE164": "+14155550199"}, {"phoneNumberE164": None, "label": "two"}],
        transcript=[
            turn("CUSTOMER", "who", 2000, 2500),
            turn("AGENT", "hello", 0, 900),
            turn("CUSTOMER", "me", 3000, 3500, customer={"phoneNumberE164": "+14155550199"}),
            turn("CUSTOMER", "and me", 4000, 4500, customer={"label": "two"}),
            turn("AGENT", "bye", 5000, 5500, agent={}),
        ],
    )
    assert await entries_of(client, call["id"]) == [
        ("hello", 0, 900, "AGENT"),
        ("who", 2000, 2500, None),
        ("me", 3000, 3500, "CUSTOMER"),
        ("and me", 4000, 4500, "CUSTOMER"),
        ("bye", 5000, 5500, "AGENT"),
    ]


async def test_turns_without_a_length_reach_to_the_next(client: httpx.AsyncClient) -> None:
    call = await create(
        client,
        transcript=[
            turn("AGENT", "no end", 0, 0),
            turn("CUSTOMER", "same start", 1000, 1000),
            turn("AGENT", "also", 1000, 1050),
            turn("CUSTOMER", "long enough", 2000, 2100),
            turn("AGENT", "last", 3000, 3000),
        ],
    )
    assert await entries_of(client, call["id"]) == [
        ("no end", 0, 1000, None),
        ("same start", 1000, 2000, None),
        ("also", 1000, 2000, None),
        ("long enough", 2000, 2100, None),
        ("last", 3000, 3000, None),
    ]


async def test_tool_parameters_come_plain_or_typed(api: ApiUnderTest, client: httpx.AsyncClient) -> None:
    parameters = {
        "plain": 4,
        "typed": {"type": "string", "value": "Friday", "description": "Weekday"},
        "object": {"type": "cake", "value": 1},
        "nothing": None,
    }
    tool = {"name": "book", "parameters": parameters, "result": "", "startOffsetMs": 100}
    call = await create(client, agent={"name": "A"}, toolInvocations=[tool])
    async with api.transactions() as session:
        query = text("SELECT parameters, parameter_types, result, agent_id, end_offset_ms FROM tool_invocation")
        stored = (await session.execute(query)).one()

    assert stored.parameters == {**parameters, "typed": "Friday"}
    assert stored.parameter_types == {"typed": {"type": "string", "description": "Weekday"}}
    assert (stored.result, stored.end_offset_ms) == ("", None)
    assert str(stored.agent_id) == call["agents"][0]["id"]


async def test_properties_are_read_as_strings_under_one_spelling(client: httpx.AsyncClient) -> None:
    sent = {"planTier": "gold", "Seats": 3, "score": 1.5, "is-trial": True, "tags": ["a", "ü"], "gone": None}
    call = await create(client, properties=sent)
    read = (await client.get(f"/v1/call/{call['id']}")).json()["data"]["properties"]
    assert read == {
        "plan_tier": "gold",
        "seats": "3",
        "score": "1.5",
        "is_trial": "true",
        "tags": '["a", "ü"]',
    }


async def test_null_optional_fields_are_absent_ones(client: httpx.AsyncClient) -> None:
    optional = ("stereoRecordingUrl", "agent", "agents", "customer", "customers", "transcript", "toolInvocations")
    more = ("properties", "endedStatus", "externalId", "vapiCallId", "livekitRoomId")
    await create(client, **dict.fromkeys((*optional, *more)))


async def test_a_deleted_call_frees_its_external_id(client: httpx.AsyncClient) -> None:
    first = await create(client, externalId="x-1")
    assert (await client.delete(f"/v1/call/{first['id']}")).status_code == 200
    assert (await create(client, externalId="x-1"))["id"] != first["id"]
