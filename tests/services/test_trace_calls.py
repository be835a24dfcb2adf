from typing import Any
from uuid import UUID

import pytest

from callscope.core.errors import CallNotFound
from callscope.core.span_meaning import SpanPart
from callscope.core.trace_query import MatchKey
from callscope.services import traces
from callscope.services.traces import TraceNotFound
from callscope.storage import measurements, projects
from tests.support.conversations import AGENT, CUSTOMER, conversation, turn
from tests.support.otlp import START_NS, TRACE_ID, span
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


async def test_a_calls_traces_explain_what_its_caller_waited(drain: Drain, project_id: UUID) -> None:
    gaps = ((2000, 3000), (6100, 7200), (10_400, 11_900))
    call_id = await create_call(drain, project_id, livekit_room_id="RM_7")
    turns = [
        one
        for stopped, answered in gaps
        for one in (
            turn(CUSTOMER, (stopped - 900, stopped)),
            turn(AGENT, (answered, answered + 1500), response_ms=answered - stopped),
        )
    ]
    async with drain.context.sessions.begin() as session:
        await measurements.save_conversation(
            session, project_id=project_id, call_id=call_id, conversation=conversation(*turns), at=drain.clock.now()
        )
    late_ms = 700
    parts = [
        part
        for stopped, answered in gaps
        for part in (
            ("user_speaking", stopped - 900, 900, {}),
            ("eou_wait", stopped, 400, {}),
            ("llm_node", stopped + 400, 900, {"lk.response.ttft": 0.25}),
            ("tts_node", stopped + 650, 900, {"lk.response.ttfb": 0.2}),
            ("agent_speaking", answered, 1500, {}),
        )
    ]
    sent = [
        span(number, name=name, at_ms=start_ms + late_ms, lasts_ms=lasts_ms, attributes=attributes)
        for number, (name, start_ms, lasts_ms, attributes) in enumerate(parts, start=1)
    ]
    await take(drain, project_id, *sent, resource={"livekit.room.id": "RM_7"}, scope="livekit-agents")
    await drain.run()

    async with drain.context.sessions() as session:
        found = await traces.explain_call(session, project_id, call_id)

    alignment = found.attribution.alignment
    assert alignment is not None
    assert alignment.sample_0_unix_ms == pytest.approx(START_NS / 1e6 + late_ms, abs=1)
    assert [
        (
            split.heard_ms,
            *(split.taken_ms(part) for part in (SpanPart.END_OF_TURN, SpanPart.LLM, SpanPart.TTS)),
            split.unexplained_ms,
        )
        for split in found.attribution.splits
    ] == [(1000, 400, 250, 200, 150), (1100, 400, 250, 200, 250), (1500, 400, 250, 200, 650)]
