"""Agents, endpoints and prompts, driven by the official client."""

import asyncio

import pytest
from roark_analytics import AsyncRoark, BadRequestError, ConflictError, NotFoundError, Roark

from tests.sdk.conftest import LiveApi, client_of
from tests.sdk.test_calls import COMPLETE_CALL, MINIMAL_CALL
from tests.support.api import make_key

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


def test_an_agent_is_made_changed_and_read(client: Roark) -> None:
    made = client.agent.create(name="Desk", custom_id="desk-1", description="Answers").data
    renamed = client.agent.update(made.id, name="Front desk").data
    emptied = client.agent.update(made.id, description=None).data

    assert (made.name, made.custom_id, made.description) == ("Desk", "desk-1", "Answers")
    assert (renamed.name, renamed.description) == ("Front desk", "Answers")
    assert (emptied.name, emptied.description) == ("Front desk", None)
    assert emptied.created_at == made.created_at
    assert emptied.updated_at > made.updated_at
    assert client.agent.get_by_id(made.id).data == type(client.agent.get_by_id(made.id).data).model_validate(
        emptied.model_dump(by_alias=True)
    )


def test_calls_find_an_agent_made_before(client: Roark) -> None:
    made = client.agent.create(name="Desk", custom_id="desk-1").data
    call = client.call.create(**MINIMAL_CALL, agent={"custom_id": "desk-1"}).data
    assert [agent.id for agent in call.agents or ()] == [made.id]


def test_an_agent_that_exists_is_not_made_again(client: Roark) -> None:
    client.agent.create(name="Desk")
    client.agent.create(name="Desk", custom_id="desk-1")
    other = client.agent.create(name="Other").data
    for attempt in (
        lambda: client.agent.create(name="Desk"),
        lambda: client.agent.create(name="New", custom_id="desk-1"),
        lambda: client.agent.update(other.id, name="Desk"),
    ):
        with pytest.raises(ConflictError) as conflict:
            attempt()
        assert conflict.value.body["code"] == "agent_exists"
    with pytest.raises(BadRequestError):
        client.agent.update(other.id, name="")


def test_agents_are_listed_and_searched(client: Roark) -> None:
    ids = [client.agent.create(name=f"Agent {number}", custom_id=f"c{number}").data.id for number in range(5)]
    first = client.agent.list(limit=3)
    rest = client.agent.list(limit=3, after=first.pagination.next_cursor or "")

    assert [agent.id for agent in first.data + rest.data] == list(reversed(ids))
    assert (first.pagination.has_more, first.pagination.total) == (True, 5)
    assert (rest.pagination.has_more, rest.pagination.next_cursor, rest.pagination.total) == (False, None, 5)
    assert [agent.id for agent in client.agent.list(search_text="AGENT 3").data] == [ids[3]]
    assert client.agent.list(search_text="100%").data == []
    for bad in ({"limit": 51}, {"limit": 0}, {"after": "nonsense"}):
        with pytest.raises(BadRequestError):
            client.agent.list(**bad)


def test_an_endpoint_is_made_changed_and_read(client: Roark) -> None:
    agent_id = client.agent.create(name="Desk").data.id
    phone = client.agent_endpoint.create(agent_id=agent_id, value="+14155550100", direction="INCOMING").data
    socket = client.agent_endpoint.create(
        agent_id=agent_id, value="wss://agent.example/ws", direction="OUTGOING", environment="staging"
    ).data

    assert (phone.type, phone.environment, phone.outbound_dial_type) == ("PHONE", "production", "NONE")
    assert (socket.type, socket.environment, socket.direction) == ("WEBSOCKET", "staging", "OUTGOING")
    moved = client.agent_endpoint.update(phone.id, environment="test").data
    assert (moved.environment, moved.value) == ("test", "+14155550100")
    assert client.agent_endpoint.get_by_id(phone.id).data.environment == "test"
    assert [each.id for each in client.agent_endpoint.list(agent_id=agent_id).data] == [socket.id, phone.id]
    assert [each.id for each in client.agent_endpoint.list(search_text="agent.example").data] == [socket.id]
    assert client.agent_endpoint.list(agent_id=UNKNOWN_ID).data == []


def test_dialling_by_request_needs_its_definition(client: Roark) -> None:
    agent_id = client.agent.create(name="Desk").data.id
    endpoint = client.agent_endpoint.create(agent_id=agent_id, value="+14155550100", direction="INCOMING").data
    with pytest.raises(BadRequestError, match="is required when"):
        client.agent_endpoint.update(endpoint.id, outbound_dial_type="HTTP_REQUEST")
    with pytest.raises(NotFoundError, match="no HTTP request definition"):
        client.agent_endpoint.update(endpoint.id, outbound_dial_http_request_definition_id=UNKNOWN_ID)
    definition = client.http_request_definition.create(scope="AGENT_OUTBOUND_DIAL", url="https://dial.example").data
    changed = client.agent_endpoint.update(
        endpoint.id, outbound_dial_type="HTTP_REQUEST", outbound_dial_http_request_definition_id=definition.id
    ).data
    assert (changed.outbound_dial_type, changed.outbound_dial_http_request_definition_id) == (
        "HTTP_REQUEST",
        definition.id,
    )
    with pytest.raises(BadRequestError, match="is required when"):
        client.agent_endpoint.update(endpoint.id, outbound_dial_http_request_definition_id=None)


def test_a_bad_endpoint_is_refused(client: Roark) -> None:
    agent_id = client.agent.create(name="Desk").data.id
    with pytest.raises(BadRequestError, match="must be a phone number in E"):
        client.agent_endpoint.create(agent_id=agent_id, value="4155550100", direction="INCOMING")
    with pytest.raises(NotFoundError, match="There is no agent"):
        client.agent_endpoint.create(agent_id=UNKNOWN_ID, value="+14155550100", direction="INCOMING")
    client.agent_endpoint.create(agent_id=agent_id, value="+14155550100", direction="INCOMING")
    with pytest.raises(ConflictError):
        client.agent_endpoint.create(agent_id=agent_id, value="+14155550100", direction="INCOMING")


def test_prompts_have_versions(client: Roark) -> None:
    call = client.call.create(**COMPLETE_CALL).data
    agent_id = (call.agents or [])[0].id
    changes = [client.agent_prompt.update(agent_id, prompt=text).data for text in ("One", "Two", "Two", "One")]

    assert [(each.version_number, each.changed) for each in changes] == [(1, True), (2, True), (2, False), (3, True)]
    of_call, managed = client.agent_prompt.list(agent_id).data
    assert (of_call.source, of_call.prompt) == ("API", "You answer the phone.")
    assert (managed.source, managed.prompt, managed.id) == ("API_MANAGED", "One", changes[0].prompt_id)
    versions = client.agent_prompt.list_versions(managed.id, agent_id=agent_id).data
    assert [(each.version_number, each.prompt) for each in versions] == [(3, "One"), (2, "Two"), (1, "One")]
    with pytest.raises(NotFoundError, match="has no prompt"):
        client.agent_prompt.list_versions(UNKNOWN_ID, agent_id=agent_id)


async def test_prompts_set_at_once_are_numbered_one_by_one(async_client: AsyncRoark) -> None:
    agent_id = (await async_client.agent.create(name="Desk")).data.id
    answers = await asyncio.gather(
        *(async_client.agent_prompt.update(agent_id, prompt=f"Text {number}") for number in range(6))
    )
    assert sorted(each.data.version_number for each in answers) == [1, 2, 3, 4, 5, 6]


async def test_another_project_reaches_none_of_it(live: LiveApi, client: Roark) -> None:
    agent_id = client.agent.create(name="Desk").data.id
    endpoint_id = client.agent_endpoint.create(agent_id=agent_id, value="+14155550100", direction="INCOMING").data.id
    prompt_id = client.agent_prompt.update(agent_id, prompt="One").data.prompt_id
    with client_of(live, await make_key(live.sessions, project="other")) as stranger:
        for attempt in (
            lambda: stranger.agent.get_by_id(agent_id),
            lambda: stranger.agent.update(agent_id, name="Mine"),
            lambda: stranger.agent_endpoint.get_by_id(endpoint_id),
            lambda: stranger.agent_endpoint.update(endpoint_id, environment="mine"),
            lambda: stranger.agent_endpoint.create(agent_id=agent_id, value="+14155550101", direction="INCOMING"),
            lambda: stranger.agent_prompt.update(agent_id, prompt="Mine"),
            lambda: stranger.agent_prompt.list(agent_id),
            lambda: stranger.agent_prompt.list_versions(prompt_id, agent_id=agent_id),
        ):
            with pytest.raises(NotFoundError):
                attempt()
        assert stranger.agent.list().data == stranger.agent_endpoint.list().data == []
        stranger.agent.create(name="Desk")
