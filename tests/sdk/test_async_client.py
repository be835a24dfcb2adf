"""Every method of the client's calls and their neighbours, by the asynchronous client."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from roark_analytics import AsyncRoark, NotFoundError

from tests.sdk.test_calls import COMPLETE_CALL

TOOL: dict[str, Any] = {"name": "pay", "parameters": {"sum": 3}, "result": "", "start_offset_ms": 100}


async def test_every_method_of_calls(async_client: AsyncRoark) -> None:
    call = async_client.call
    created = (await call.create(**COMPLETE_CALL)).data
    assert (await call.get_by_id(created.id)).data.external_id == created.external_id
    assert [each.id for each in (await call.list(search_text="hi there")).data] == [created.id]
    assert len((await call.get_transcript(created.id)).data.entries) == 2
    assert (await call.list_metrics(created.id)).data == []
    assert (await call.list_sentiment_runs(created.id)).data.average_sentiment is None
    assert (await call.get_cost(created.id)).data.total_usd_micros == 0
    assert (await call.append_tool_invocations(created.id, tool_invocations=[TOOL])).data.added == 1
    assert (await call.update_properties(created.id, properties={"planTier": "silver"})).data.updated == ["plan_tier"]
    other = (await call.create(**{**COMPLETE_CALL, "external_id": "other"})).data
    assert (await call.batch_delete(call_ids=[other.id])).data.deleted_call_ids == [other.id]
    assert (await call.delete(created.id)).data.deleted
    with pytest.raises(NotFoundError):
        await call.get_by_id(created.id)


async def test_every_method_of_agents(async_client: AsyncRoark) -> None:
    agent = (await async_client.agent.create(name="Desk", custom_id="a1")).data
    assert (await async_client.agent.update(agent.id, name="Front desk")).data.name == "Front desk"
    assert (await async_client.agent.get_by_id(agent.id)).data.custom_id == "a1"
    assert [each.id for each in (await async_client.agent.list()).data] == [agent.id]

    endpoint = (
        await async_client.agent_endpoint.create(
            agent_id=agent.id, value="+14155550100", direction="INCOMING", environment="production"
        )
    ).data
    assert (await async_client.agent_endpoint.get_by_id(endpoint.id)).data.value == "+14155550100"
    changed = (await async_client.agent_endpoint.update(endpoint.id, environment="staging")).data
    assert changed.environment == "staging"
    assert [each.id for each in (await async_client.agent_endpoint.list()).data] == [endpoint.id]

    await async_client.agent_prompt.update(agent.id, prompt="Be kind.")
    (prompt,) = (await async_client.agent_prompt.list(agent.id)).data
    versions = (await async_client.agent_prompt.list_versions(prompt.id, agent_id=agent.id)).data
    assert len(versions) == 1


async def test_every_method_of_the_account(async_client: AsyncRoark) -> None:
    me = (await async_client.me.get()).data
    assert me.token_scope == "PROJECT"
    created = (await async_client.me.create_api_key(name="lesser", scopes=["READ"])).data
    assert created.id in {key.id for key in (await async_client.me.list_api_keys()).data.api_keys}
    assert (await async_client.me.revoke_api_key(created.id)).data.deleted
    assert [project.name for project in (await async_client.project.list()).data.projects] == ["default"]
    now = datetime.now(UTC)
    usage = (await async_client.usage.get(from_=now - timedelta(days=1), to=now)).data
    assert usage.total_usd_micros == 0
    assert (await async_client.health.get()).data.status == "healthy"


async def test_every_method_of_webhooks_and_dialling_requests(async_client: AsyncRoark) -> None:
    webhook = (
        await async_client.webhook.create(url="https://hooks.example/a", events=["CALL_ANALYSIS_COMPLETED"])
    ).data
    assert [each.id for each in (await async_client.webhook.list()).data] == [webhook.id]
    assert (await async_client.webhook.get_by_id(webhook.id)).data.url == "https://hooks.example/a"
    assert (await async_client.webhook.delete(webhook.id)).data.success

    definitions = async_client.http_request_definition
    made = (await definitions.create(scope="AGENT_OUTBOUND_DIAL", url="https://dial.example/a")).data
    assert (await definitions.update(made.id, method="PUT")).data.method == "PUT"
    assert (await definitions.get_by_id(made.id)).data.url == "https://dial.example/a"
    assert [each.id for each in (await definitions.list()).data] == [made.id]
