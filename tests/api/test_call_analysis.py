from uuid import UUID

import httpx
import pytest

from callscope.core.call import Role
from callscope.core.transcript import TranscriptComparison, TranscriptSource
from callscope.services import calls, transcripts
from callscope.speech.word_errors import compare_words
from tests.support.api import ApiUnderTest, authorization, make_key, minimal_call


async def create(client: httpx.AsyncClient) -> str:
    created = await client.post("/v1/call", json=minimal_call())
    call_id: str = created.json()["data"]["id"]
    return call_id


async def test_a_fresh_call_is_queued_for_its_first_stage(client: httpx.AsyncClient) -> None:
    call_id = await create(client)
    read = await client.get(f"/v1/call/{call_id}/analysis")
    assert read.status_code == 200
    data = read.json()["data"]
    assert data["callId"] == call_id
    assert (data["status"], data["stage"], data["attemptCount"]) == ("QUEUED", "transcript", 0)
    assert data["reason"] is None
    assert data["inputReport"] is None


async def test_another_project_sees_no_analysis(client: httpx.AsyncClient, api: ApiUnderTest) -> None:
    call_id = await create(client)
    stranger = await make_key(api.transactions, project="another")
    read = await client.get(f"/v1/call/{call_id}/analysis", headers=authorization(stranger))
    assert read.status_code == 404
    assert read.json()["type"] == "not_found"


async def test_a_deleted_call_has_no_analysis(client: httpx.AsyncClient) -> None:
    call_id = await create(client)
    await client.delete(f"/v1/call/{call_id}")
    assert (await client.get(f"/v1/call/{call_id}/analysis")).status_code == 404


async def test_an_analysis_under_way_is_not_begun_twice(client: httpx.AsyncClient) -> None:
    call_id = await create(client)
    first = (await client.get(f"/v1/call/{call_id}/analysis")).json()["data"]
    again = await client.post(f"/v1/call/{call_id}/analysis")
    assert again.status_code == 202
    assert again.json()["data"]["id"] == first["id"]


async def test_a_call_that_is_not_there_is_not_analysed_again(client: httpx.AsyncClient, api: ApiUnderTest) -> None:
    call_id = await create(client)
    stranger = await make_key(api.transactions, project="another")
    answered = await client.post(f"/v1/call/{call_id}/analysis", headers=authorization(stranger))
    assert answered.status_code == 404


async def test_differing_words_of_two_transcripts_are_read(client: httpx.AsyncClient, api: ApiUnderTest) -> None:
    call_id = await create(client)
    assert (await client.get(f"/v1/call/{call_id}/analysis")).json()["data"]["transcriptComparison"] is None
    comparison = TranscriptComparison(
        reference=TranscriptSource.ROARK_POST_CALL,
        other=TranscriptSource.CUSTOMER_AGENT_REALTIME,
        by_role={Role.AGENT: compare_words("send it to the old address", "send it to a cold address")},
    )
    project_id = UUID((await client.get(f"/v1/call/{call_id}")).json()["data"]["projectId"])
    async with api.transactions.begin() as session:
        call = await calls.get_call(session, project_id, UUID(call_id))
        await transcripts.keep_comparison(session, call, comparison, at=call.created_at)
    (party,) = (await client.get(f"/v1/call/{call_id}/analysis")).json()["data"]["transcriptComparison"]["parties"]
    assert (party["role"], party["errorCount"], party["errorRate"]) == ("agent", 2, pytest.approx(2 / 6))
    assert party["differences"] == [
        {"kind": "replaced", "referenceWords": ["the", "old"], "otherWords": ["a", "cold"], "atOffsetMs": None}
    ]
