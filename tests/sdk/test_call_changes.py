"""The call methods that change a stored call, and cost and sentiment, driven by the official client."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from roark_analytics import (
    AsyncRoark,
    BadRequestError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    Roark,
)

from callscope.metrics import registry
from tests.sdk.conftest import LiveApi, client_of
from tests.sdk.test_calls import COMPLETE_CALL, MINIMAL_CALL, store_values
from tests.support.api import make_key

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
TOOL: dict[str, Any] = {"name": "pay", "parameters": {"sum": 3}, "result": "", "start_offset_ms": 100}


def test_tool_invocations_are_added_once(client: Roark) -> None:
    call_id = client.call.create(**COMPLETE_CALL).data.id
    present = COMPLETE_CALL["tool_invocations"][0]
    new = [TOOL, {**TOOL, "end_offset_ms": 200, "agent": {"custom_id": "agent-7"}}, TOOL, present]

    first = client.call.append_tool_invocations(call_id, tool_invocations=new).data
    again = client.call.append_tool_invocations(call_id, tool_invocations=new).data

    assert (first.call_id, first.added, first.skipped) == (call_id, 2, 2)
    assert (again.added, again.skipped) == (0, 4)
    assert (first.metric_collection_job, first.metric_collection_error) == (None, None)


def test_an_invocation_of_no_agent_of_the_call_adds_nothing(client: Roark) -> None:
    call_id = client.call.create(**COMPLETE_CALL).data.id
    bad = [TOOL, {**TOOL, "agent": {"custom_id": "nobody"}}]
    with pytest.raises(BadRequestError) as error:
        client.call.append_tool_invocations(call_id, tool_invocations=bad)
    assert error.value.body["error"]["issues"][0]["path"] == ["toolInvocations", 1, "agent"]
    assert client.call.append_tool_invocations(call_id, tool_invocations=[TOOL]).data.added == 1
    with pytest.raises(BadRequestError, match="takes at most 500 items"):
        client.call.append_tool_invocations(call_id, tool_invocations=[TOOL] * 501)


async def test_invocations_sent_twice_at_once_are_added_once(async_client: AsyncRoark) -> None:
    call_id = (await async_client.call.create(**MINIMAL_CALL)).data.id
    answers = await asyncio.gather(
        *(async_client.call.append_tool_invocations(call_id, tool_invocations=[TOOL]) for _ in range(8))
    )
    assert sorted(each.data.added for each in answers) == [0] * 7 + [1]


async def test_scoring_needs_its_permission(live: LiveApi, client: Roark) -> None:
    call_id = client.call.create(**MINIMAL_CALL).data.id
    metrics = [{"id": "response_time"}]
    done = client.call.append_tool_invocations(call_id, tool_invocations=[TOOL], metrics=metrics).data
    assert done.added == 1
    assert done.metric_collection_job is not None
    with (
        client_of(live, await make_key(live.sessions, permissions=["call:update"])) as changer,
        pytest.raises(PermissionDeniedError, match="metric:create"),
    ):
        changer.call.update_properties(call_id, properties={"a": 1}, metrics=metrics)
    assert client.call.get_by_id(call_id).data.properties == {}


def test_many_calls_are_deleted(client: Roark) -> None:
    ids = [client.call.create(**MINIMAL_CALL).data.id for _ in range(3)]
    wanted = [ids[1].upper(), UNKNOWN_ID, ids[0], ids[1]]
    first = client.call.batch_delete(call_ids=wanted).data
    again = client.call.batch_delete(call_ids=wanted).data

    assert (first.deleted_call_ids, first.not_found_call_ids) == ([ids[1], ids[0]], [UNKNOWN_ID])
    assert (again.deleted_call_ids, again.not_found_call_ids) == ([], [ids[1], UNKNOWN_ID, ids[0]])
    assert [call.id for call in client.call.list().data] == [ids[2]]
    with pytest.raises(BadRequestError, match="takes at most 100 items"):
        client.call.batch_delete(call_ids=[UNKNOWN_ID] * 101)


def test_properties_are_written_and_removed(client: Roark) -> None:
    call_id = client.call.create(**COMPLETE_CALL).data.id
    changed = client.call.update_properties(
        call_id, properties={"planTier": "silver", "seats": None, "never": None, "Is trial": True, "newOne": 1.5}
    ).data

    assert changed.call_id == call_id
    assert changed.updated == ["plan_tier", "is_trial", "new_one"]
    assert changed.removed == ["seats"]
    expected = {"plan_tier": "silver", "is_trial": "true", "new_one": "1.5", "address": '{"city": "Berlin"}'}
    assert client.call.get_by_id(call_id).data.properties == expected
    agent_id = (client.call.get_by_id(call_id).data.agents or [])[0].id
    assert changed.properties == {**expected, "direction": "OUTBOUND", "agent_id": agent_id}


BAD_PROPERTIES: dict[str, tuple[dict[str, Any], str]] = {
    "of Callscope": ({"new": 1, "duration_seconds": 3}, "is set by Callscope and cannot be written"),
    "of Callscope, removed": ({"new": 1, "agentId": None}, "is set by Callscope and cannot be written"),
    "another type": ({"new": 1, "seats": "three"}, "is of type number in this project"),
    "nested": ({"new": 1, "a": {"b": 1}}, "must be a string, a number, true, false or null; got an object"),
    "twice": ({"new": 1, "planTier": "a", "plan_tier": "b"}, "are one property, `plan_tier`"),
    "too many": ({f"p{number}": 1 for number in range(101)}, "101"),
}


@pytest.mark.parametrize(("properties", "message"), BAD_PROPERTIES.values(), ids=BAD_PROPERTIES)
def test_a_bad_property_changes_nothing(client: Roark, properties: dict[str, Any], message: str) -> None:
    call_id = client.call.create(**COMPLETE_CALL).data.id
    before = client.call.get_by_id(call_id).data
    with pytest.raises(BadRequestError) as error:
        client.call.update_properties(call_id, properties=properties)
    assert message in error.value.body["message"]
    assert client.call.get_by_id(call_id).data == before
    # The type of `new` was not fixed either.
    assert client.call.update_properties(call_id, properties={"new": "text"}).data.updated == ["new"]


async def test_first_writes_of_two_types_end_with_one(async_client: AsyncRoark) -> None:
    ids = [(await async_client.call.create(**MINIMAL_CALL)).data.id for _ in range(10)]
    answers = await asyncio.gather(
        *(
            async_client.call.update_properties(call_id, properties={"seats": number if number % 2 else "many"})
            for number, call_id in enumerate(ids)
        ),
        return_exceptions=True,
    )
    refused = [each for each in answers if isinstance(each, BaseException)]
    assert len(refused) == 5
    assert all(isinstance(each, ConflictError | BadRequestError) for each in refused)
    stored = [(await async_client.call.get_by_id(call_id)).data.properties for call_id in ids]
    assert sum(bool(each) for each in stored) == 5


async def test_a_key_that_may_not_read_sees_what_it_wrote(live: LiveApi, client: Roark) -> None:
    call_id = client.call.create(**COMPLETE_CALL).data.id
    with client_of(live, await make_key(live.sessions, permissions=["call:update"])) as writer:
        changed = writer.call.update_properties(call_id, properties={"planTier": "silver", "seats": None}).data
    assert changed.properties == {"plan_tier": "silver"}


async def test_the_cost_is_zero_beside_what_was_metered(live: LiveApi, client: Roark) -> None:
    call_id = client.call.create(**COMPLETE_CALL).data.id
    empty = client.call.get_cost(call_id).data
    assert (empty.call_id, empty.total_usd_micros, empty.breakdown, empty.items) == (call_id, 0, [], [])

    await store_values(live, UUID(call_id))
    cost = client.call.get_cost(call_id).data
    assert (cost.currency, cost.total_usd, cost.total_usd_micros) == ("usd", 0, 0)
    assert [(each.source, each.quantity, each.amount_usd_micros) for each in cost.breakdown] == [("METRIC", 2, 0)]
    assert [each.quantity_unit for each in cost.items] == ["UNITS", "UNITS"]
    measured = {definition.slug for definition in registry.computed()}
    assert {each.metric_definition_id for each in cost.items} == {
        group.metric_definition_id
        for group in client.call.list_metrics(call_id, status="all").data
        if group.metric_id in measured
    }
    with (
        client_of(live, await make_key(live.sessions, permissions=["call:read"])) as reader,
        pytest.raises(PermissionDeniedError, match="billing:read"),
    ):
        reader.call.get_cost(call_id)


def test_sentiment_is_pending_while_the_call_is_analysed(client: Roark) -> None:
    call_id = client.call.create(**MINIMAL_CALL).data.id
    run = client.call.list_sentiment_runs(call_id).data
    assert (run.status, run.average_sentiment, run.average_categorical_sentiment, run.common_emotion) == (
        "PENDING",
        None,
        None,
        None,
    )


async def test_another_project_reaches_none_of_it(live: LiveApi, client: Roark) -> None:
    call_id = client.call.create(**COMPLETE_CALL).data.id
    before = client.call.get_by_id(call_id).data
    with client_of(live, await make_key(live.sessions, project="other")) as stranger:
        for attempt in (
            lambda: stranger.call.append_tool_invocations(call_id, tool_invocations=[TOOL]),
            lambda: stranger.call.update_properties(call_id, properties={"a": 1}),
            lambda: stranger.call.get_cost(call_id),
            lambda: stranger.call.list_sentiment_runs(call_id),
        ):
            with pytest.raises(NotFoundError):
                attempt()
        assert stranger.call.batch_delete(call_ids=[call_id]).data.not_found_call_ids == [call_id]
    assert client.call.get_by_id(call_id).data == before
