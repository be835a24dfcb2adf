"""A project that masks: nothing that it stores or shows says what was said, whatever way it is read."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from callscope.services.keys import CreatedKey
from tests.pipeline.test_lifetimes import places_of
from tests.support.api import ApiUnderTest, make_key, minimal_call

CARD = "4111 1111 1111 1111"
SECRETS = (CARD, "hunter2", "maria@example.com")


def call_with_secrets() -> dict[str, Any]:
    return minimal_call(
        agent={"name": "Desk"},
        customer={"phoneNumberE164": None},
        transcript=[
            {"role": "AGENT", "text": "What is your card number?", "startOffsetMs": 0, "endOffsetMs": 900},
            {"role": "CUSTOMER", "text": f"It's {CARD}.", "startOffsetMs": 1000, "endOffsetMs": 4000},
            {"role": "CUSTOMER", "text": "My password is hunter2.", "startOffsetMs": 5000, "endOffsetMs": 6000},
        ],
        toolInvocations=[
            {
                "name": "pay",
                "parameters": {"card_number": CARD, "contact": {"email": "maria@example.com"}, "amount": 250},
                "result": {"note": f"charged {CARD}"},
                "startOffsetMs": 4500,
            }
        ],
        properties={"contact_email": "maria@example.com", "plan": "gold"},
    )


@pytest.fixture
async def masking(client: httpx.AsyncClient) -> None:
    kinds = ["PAYMENT_CARD", "PASSWORD", "EMAIL"]
    assert (await client.patch("/v1/project/rules", json={"redacted": kinds})).status_code == 200


@pytest.mark.usefixtures("masking")
async def test_what_is_stored_and_shown_is_masked(client: httpx.AsyncClient, api: ApiUnderTest) -> None:
    created = await client.post("/v1/call", json=call_with_secrets())
    call_id = created.json()["data"]["id"]

    transcript = (await client.get(f"/v1/call/{call_id}/transcript")).json()["data"]
    call = (await client.get(f"/v1/call/{call_id}")).json()["data"]

    texts = [entry["text"] for entry in transcript["entries"]]
    assert texts == ["What is your card number?", "It's [PAYMENT_CARD].", "My password is [PASSWORD]."]
    assert call["properties"]["contact_email"] == "[EMAIL]"
    assert call["properties"]["plan"] == "gold"
    async with api.transactions() as session:
        for secret in SECRETS:
            assert await places_of(session, secret) == []
        (parameters,) = (await session.execute(text("SELECT parameters FROM tool_invocation"))).scalars()
    assert parameters == {"card_number": "[PAYMENT_CARD]", "contact": {"email": "[EMAIL]"}, "amount": 250}


@pytest.mark.usefixtures("masking")
async def test_search_does_not_find_what_is_masked(client: httpx.AsyncClient) -> None:
    await client.post("/v1/call", json=call_with_secrets())

    assert (await client.get("/v1/call", params={"searchText": "hunter2"})).json()["data"] == []
    assert len((await client.get("/v1/call", params={"searchText": "password"})).json()["data"]) == 1


@pytest.mark.usefixtures("masking")
async def test_an_equal_repeat_is_still_told_though_its_bytes_are_not_kept(client: httpx.AsyncClient) -> None:
    body = call_with_secrets() | {"externalId": "once"}

    first, second = [await client.post("/v1/call", json=body) for _ in range(2)]

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["data"]["id"] == second.json()["data"]["id"]


async def test_a_project_that_does_not_mask_keeps_what_was_said(client: httpx.AsyncClient, api: ApiUnderTest) -> None:
    await client.post("/v1/call", json=call_with_secrets())

    async with api.transactions() as session:
        assert {"transcript_entry", "ingest_request", "tool_invocation"} <= set(await places_of(session, CARD))


async def test_a_project_past_its_quota_is_told_so_and_others_are_not(
    client: httpx.AsyncClient, api: ApiUnderTest
) -> None:
    other: CreatedKey = await make_key(api.transactions, project="other")
    await client.patch("/v1/project/rules", json={"callsPerDay": 2})
    api.clock.moment = datetime.now(UTC)
    bodies = [minimal_call(externalId=str(number)) for number in range(3)]

    answers = [await client.post("/v1/call", json=body) for body in bodies]
    repeat = await client.post("/v1/call", json=bodies[0])
    elsewhere = await client.post("/v1/call", json=bodies[2], headers={"authorization": f"Bearer {other.plain_key}"})

    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert (answers[2].json()["type"], answers[2].json()["code"]) == ("rate_limit", "quota_exceeded")
    assert (repeat.status_code, elsewhere.status_code) == (200, 201)
