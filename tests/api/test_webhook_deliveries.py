from uuid import UUID, uuid4

import httpx
import pytest

from callscope.core.ids import new_id
from callscope.core.permissions import Scope
from callscope.core.webhook import WebhookEvent
from callscope.services import events
from callscope.services.keys import CreatedKey
from tests.support.api import ApiUnderTest, authorization, make_key


@pytest.fixture
async def webhook_id(client: httpx.AsyncClient) -> str:
    body = {"url": "https://receiver.example/hook", "events": ["CALL_ANALYSIS_COMPLETED"]}
    response = await client.post("/v1/webhook", json=body)
    assert response.status_code == 201, response.text
    return str(response.json()["data"]["id"])


async def emit(api: ApiUnderTest, key: CreatedKey, call_id: UUID) -> None:
    async with api.transactions.begin() as session:
        await events.emit(
            session,
            project_id=key.project_id,
            event_type=WebhookEvent.CALL_ANALYSIS_COMPLETED,
            call_id=call_id,
            data={"callId": str(call_id)},
        )


async def test_the_log_shows_what_waits_and_what_it_says(
    client: httpx.AsyncClient, api: ApiUnderTest, key: CreatedKey, webhook_id: str
) -> None:
    call_id = new_id()
    await emit(api, key, call_id)

    page = (await client.get(f"/v1/webhook/{webhook_id}/deliveries")).json()
    (listed,) = page["data"]
    read = (await client.get(f"/v1/webhook/{webhook_id}/deliveries/{listed['id']}")).json()["data"]

    assert page["pagination"] == {"hasMore": False, "nextCursor": None, "total": 1}
    assert (listed["status"], listed["event"], listed["callId"]) == ("WAITING", "call.analysis.completed", str(call_id))
    assert listed["messageId"] == f"msg_{UUID(listed['id']).hex}"
    assert (read["data"], read["attempts"]) == ({"callId": str(call_id)}, [])


async def test_the_log_can_be_narrowed_to_a_status(
    client: httpx.AsyncClient, api: ApiUnderTest, key: CreatedKey, webhook_id: str
) -> None:
    await emit(api, key, new_id())

    dead = await client.get(f"/v1/webhook/{webhook_id}/deliveries", params={"status": "DEAD"})
    odd = await client.get(f"/v1/webhook/{webhook_id}/deliveries", params={"status": "LOST"})

    assert dead.json()["data"] == []
    assert odd.status_code == 400


async def test_a_test_event_is_queued_whatever_was_asked_for(client: httpx.AsyncClient, webhook_id: str) -> None:
    response = await client.post(f"/v1/webhook/{webhook_id}/test")

    assert response.status_code == 202
    assert (response.json()["data"]["event"], response.json()["data"]["status"]) == ("webhook.test", "WAITING")


async def test_what_waits_is_not_replayed(client: httpx.AsyncClient, webhook_id: str) -> None:
    delivery_id = (await client.post(f"/v1/webhook/{webhook_id}/test")).json()["data"]["id"]

    response = await client.post(f"/v1/webhook/{webhook_id}/deliveries/{delivery_id}/replay")

    assert (response.status_code, response.json()["code"]) == (409, "delivery_waiting")
    assert (await client.post(f"/v1/webhook/{webhook_id}/replay-dead")).json()["data"] == {"replayedCount": 0}


async def test_another_projects_webhook_is_not_there(
    client: httpx.AsyncClient, api: ApiUnderTest, webhook_id: str
) -> None:
    other = authorization(await make_key(api.transactions, project="other"))
    delivery_id = (await client.post(f"/v1/webhook/{webhook_id}/test")).json()["data"]["id"]

    for method, path in (
        ("GET", "deliveries"),
        ("GET", f"deliveries/{delivery_id}"),
        ("POST", f"deliveries/{delivery_id}/replay"),
        ("POST", "replay-dead"),
        ("POST", "test"),
    ):
        response = await client.request(method, f"/v1/webhook/{webhook_id}/{path}", headers=other)
        assert (response.status_code, response.json()["code"]) == (404, "resource_not_found")


async def test_a_reader_may_look_and_not_send(client: httpx.AsyncClient, api: ApiUnderTest, webhook_id: str) -> None:
    reader = authorization(await make_key(api.transactions, scope=Scope.READ))

    assert (await client.get(f"/v1/webhook/{webhook_id}/deliveries", headers=reader)).status_code == 200
    assert (await client.post(f"/v1/webhook/{webhook_id}/test", headers=reader)).status_code == 403


async def test_an_unknown_delivery_is_not_there(client: httpx.AsyncClient, webhook_id: str) -> None:
    response = await client.get(f"/v1/webhook/{webhook_id}/deliveries/{uuid4()}")

    assert response.status_code == 404


@pytest.mark.parametrize("name", ["Host", "content-length", "Transfer-Encoding"])
async def test_headers_that_shape_the_request_cannot_be_set(client: httpx.AsyncClient, name: str) -> None:
    body = {"url": "https://receiver.example/hook", "events": ["CALL_ANALYSIS_COMPLETED"], "headers": {name: "x"}}

    response = await client.post("/v1/webhook", json=body)

    assert response.status_code == 400
    assert name in response.json()["message"]
