from typing import Any
from uuid import UUID

import pytest

from callscope.core.errors import CallNotFound
from callscope.core.trace_query import MatchKey
from callscope.services import traces
from callscope.services.traces import TraceNotFound
from callscope.storage import projects
from tests.support.otlp import TRACE_ID, span
from tests.support.trace_api import Drain
from tests.support.trace_calls import create_call, links, listed, of, take

TRACE = TRACE_ID.hex()
VAPI_ID = "0A1B2C3D-0000-4000-8000-000000000001"


KEYS: list[tuple[str, str, dict[str, Any], MatchKey]] = [
    ("roark.external_id", "order 7", {"external_id": "order 7"}, MatchKey.EXTERNAL_ID),
    ("livekit.room.id", "RM_1", {"livekit_room_id": "RM_1"}, MatchKey.LIVEKIT_ROOM),
    ("lk.pii.room_name", "desk", {"livekit_room_id": "desk"}, MatchKey.LIVEKIT_ROOM),
    ("lk.room_name", "desk 2", {"livekit_room_id": "desk 2"}, MatchKey.LIVEKIT_ROOM),
    ("lk.room_sid", "RM_2", {"livekit_room_id": "RM_2"}, MatchKey.LIVEKIT_ROOM),
    ("conversation.id", "pc-1", {"external_id": "pc-1"}, MatchKey.CONVERSATION),
    ("conversation.id", "pc-2", {"properties": {"pipecatCallId": "pc-2"}}, MatchKey.CONVERSATION),
    ("vapi.call.id", VAPI_ID, {"vapi_call_id": VAPI_ID.lower()}, MatchKey.VAPI_CALL),
    ("any", "thing", {"properties": {"traceId": (bytes([9]) * 16).hex().upper()}}, MatchKey.TRACE_ID),
]


@pytest.mark.parametrize("is_trace_first", [True, False])
async def test_a_trace_finds_its_call_whichever_comes_first(
    drain: Drain, project_id: UUID, is_trace_first: bool
) -> None:
    async def send_traces() -> None:
        for number, (attribute, value, _, _) in enumerate(KEYS, start=1):
            await take(drain, project_id, of(number, attributes={attribute: value}))
        await drain.run()

    if is_trace_first:
        await send_traces()
    call_ids = [await create_call(drain, project_id, **call) for _, _, call, _ in KEYS]
    await create_call(drain, project_id, external_id="another")
    await drain.run()
    if not is_trace_first:
        await send_traces()

    for number, (call_id, (attribute, _, _, key)) in enumerate(zip(call_ids, KEYS, strict=True), start=1):
        shown_by = "trace id" if key is MatchKey.TRACE_ID else attribute
        assert await links(drain, project_id, call_id) == [((bytes([number]) * 16).hex(), key, shown_by)]
    assert (await drain.counts())["links"] == len(KEYS)


async def test_the_resource_may_show_the_key(drain: Drain, project_id: UUID) -> None:
    await take(drain, project_id, span(1), resource={"roark.external_id": "r"})
    call_id = await create_call(drain, project_id, external_id="r")
    await drain.run()
    assert [key for _, key, _ in await links(drain, project_id, call_id)] == [MatchKey.EXTERNAL_ID]


async def test_several_traces_of_one_call_and_several_calls_of_one_trace(drain: Drain, project_id: UUID) -> None:
    first = await create_call(drain, project_id, external_id="one")
    second = await create_call(drain, project_id, external_id="two")
    await take(drain, project_id, of(1, attributes={"roark.external_id": "one"}))
    await take(
        drain,
        project_id,
        of(2, 1, attributes={"roark.external_id": "one"}, at_ms=10),
        of(2, 2, attributes={"roark.external_id": "two"}),
    )
    await drain.run()
    assert [trace_id[:2] for trace_id, _, _ in await links(drain, project_id, first)] == ["01", "02"]
    assert [trace_id[:2] for trace_id, _, _ in await links(drain, project_id, second)] == ["02"]


async def test_keys_of_another_project_do_not_match(drain: Drain, project_id: UUID) -> None:
    async with drain.context.sessions.begin() as session:
        stranger = await projects.find_or_create(session, "stranger")
    call_id = await create_call(drain, stranger, external_id="same")
    await take(drain, project_id, span(1, attributes={"roark.external_id": "same"}))
    await drain.run()
    assert await links(drain, stranger, call_id) == []
    async with drain.context.sessions() as session:
        with pytest.raises(TraceNotFound):
            await traces.get_trace(session, stranger, TRACE)


async def test_an_unmatched_trace_is_found_and_linked_by_hand(drain: Drain, project_id: UUID) -> None:
    call_id = await create_call(drain, project_id)
    await take(drain, project_id, span(1))
    await drain.run()
    assert await listed(drain, project_id, is_matched=False) == ["00"]
    names = {"project_id": project_id, "trace_id": TRACE, "call_id": call_id}
    async with drain.context.sessions.begin() as session:
        await traces.link(session, **names, now=drain.clock.now())
        await traces.link(session, **names, now=drain.clock.now())

    assert await links(drain, project_id, call_id) == [(TRACE, MatchKey.MANUAL, "")]
    assert await listed(drain, project_id, is_matched=False) == []
    assert await listed(drain, project_id, call_id=call_id) == ["00"]
    async with drain.context.sessions.begin() as session:
        await traces.unlink(session, **names)
        with pytest.raises(TraceNotFound):
            await traces.unlink(session, **names)
        with pytest.raises(TraceNotFound):
            await traces.link(session, **{**names, "trace_id": "ab" * 16}, now=drain.clock.now())
        with pytest.raises(CallNotFound):
            await traces.link(session, **{**names, "call_id": project_id}, now=drain.clock.now())
