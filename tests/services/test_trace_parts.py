"""A call and its traces, whichever comes first: the split of its responses, and the metrics of their parts."""

from typing import Any
from uuid import UUID

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage
from sqlalchemy import text

from callscope.core.call import Role
from callscope.core.conversation import Conversation
from callscope.core.metric import MetricContext, MetricValue, ValueState
from callscope.core.span_meaning import SpanPart
from callscope.core.trace_query import TraceQuery
from callscope.services import analyses, trace_parts, traces
from callscope.storage import measurements
from tests.support.conversations import AGENT, CUSTOMER, conversation, turn
from tests.support.otlp import START_NS, TRACE_ID, span
from tests.support.trace_api import Drain
from tests.support.trace_calls import create_call, take

GAPS = ((2000, 3000), (6100, 7200), (10_400, 11_900))
LATE_MS = 700
"""The recording begins so long after the trace."""
ROOM = {"resource": {"livekit.room.id": "RM_7"}, "scope": "livekit-agents"}
SLUGS = {
    "response_end_of_turn_wait": 400,
    "response_llm_first_token_time": 250,
    "response_tts_first_byte_time": 200,
    "response_unexplained_time": 250,
    "heard_minus_reported_response_time": 200,
}


def heard() -> Conversation:
    turns = (
        one
        for stopped, answered in GAPS
        for one in (
            turn(CUSTOMER, (stopped - 900, stopped)),
            turn(AGENT, (answered, answered + 1500), response_ms=answered - stopped),
        )
    )
    return conversation(*turns)


def traced(*, first: int = 0) -> list[SpanMessage]:
    parts: list[tuple[str, int, int, dict[str, Any]]] = [
        part
        for stopped, answered in GAPS[first:]
        for part in (
            ("user_speaking", stopped - 900, 900, {}),
            ("eou_wait", stopped, 400, {}),
            ("llm_node", stopped + 400, 900, {"lk.response.ttft": 0.25}),
            ("tts_node", stopped + 650, 900, {"lk.response.ttfb": 0.2}),
            ("agent_speaking", answered, 1500, {}),
            ("agent_turn", stopped + 400, 2500, {"lk.e2e_latency": (answered - stopped - 200) / 1000}),
        )
    ]
    return [
        span(number + 1000 * first, name=name, at_ms=start_ms + LATE_MS, lasts_ms=lasts_ms, attributes=attributes)
        for number, (name, start_ms, lasts_ms, attributes) in enumerate(parts, start=1)
    ]


async def hear(drain: Drain, project_id: UUID, call_id: UUID) -> None:
    """Measure the call's recording, as the pipeline's stage does."""
    async with drain.context.sessions.begin() as session:
        now = drain.clock.now()
        await measurements.save_conversation(
            session, project_id=project_id, call_id=call_id, conversation=heard(), at=now
        )
        await traces.queue_measuring_if_linked(session, project_id, call_id)
    await drain.run()


async def values(drain: Drain, project_id: UUID, call_id: UUID) -> dict[str, MetricValue]:
    """Return the values of the call as a whole of the metrics that read spans."""
    async with drain.context.sessions() as session:
        found = await analyses.read_values(session, project_id, call_id)
    return {
        one.value.slug: one.value
        for one in found
        if one.value.context is MetricContext.CALL and one.value.slug in SLUGS and one.value.role is Role.AGENT
    }


async def test_a_calls_traces_explain_what_its_caller_waited(drain: Drain, project_id: UUID) -> None:
    call_id = await create_call(drain, project_id, livekit_room_id="RM_7")
    await hear(drain, project_id, call_id)
    await take(drain, project_id, *traced(), **ROOM)
    await drain.run()

    async with drain.context.sessions() as session:
        found = await traces.explain_call(session, project_id, call_id)

    alignment = found.attribution.alignment
    assert alignment is not None
    assert alignment.sample_0_unix_ms == pytest.approx(START_NS / 1e6 + LATE_MS, abs=1)
    assert [
        (
            split.heard_ms,
            *(split.taken_ms(part) for part in (SpanPart.END_OF_TURN, SpanPart.LLM, SpanPart.TTS)),
            split.unexplained_ms,
        )
        for split in found.attribution.splits
    ] == [(1000, 400, 250, 200, 150), (1100, 400, 250, 200, 250), (1500, 400, 250, 200, 650)]


@pytest.mark.parametrize("order", ["trace, call, recording", "call, recording, trace", "call, trace, recording"])
async def test_parts_are_measured_whatever_comes_last(drain: Drain, project_id: UUID, order: str) -> None:
    call_id = None
    for what in order.split(", "):
        if what == "trace":
            await take(drain, project_id, *traced(), **ROOM)
            await drain.run()
        elif what == "call":
            call_id = await create_call(drain, project_id, livekit_room_id="RM_7")
            await drain.run()
        else:
            assert call_id is not None
            await hear(drain, project_id, call_id)
    assert call_id is not None
    found = await values(drain, project_id, call_id)
    assert {slug: value.value for slug, value in found.items()} == SLUGS
    assert {value.statistics["count"] for value in found.values()} == {3}


async def test_spans_that_come_later_are_measured_too(drain: Drain, project_id: UUID) -> None:
    call_id = await create_call(drain, project_id, livekit_room_id="RM_7")
    await hear(drain, project_id, call_id)
    every = traced()
    late = traced(first=2)
    await take(drain, project_id, *[one for one in every if one.name in ("user_speaking", "agent_speaking")], **ROOM)
    await drain.run()
    slug = "response_llm_first_token_time"
    before = (await values(drain, project_id, call_id))[slug]
    assert (before.state, before.reason) == (ValueState.DATA_MISSING, "The trace has no span of the language model.")
    await take(drain, project_id, *late, **ROOM)
    await drain.run()
    after = (await values(drain, project_id, call_id))[slug]
    assert (after.value, after.statistics["count"], after.statistics["answer_without_spans_count"]) == (250, 1, 2)


async def test_without_a_recording_the_reason_is_said(drain: Drain, project_id: UUID) -> None:
    call_id = await create_call(drain, project_id, livekit_room_id="RM_7")
    await take(drain, project_id, *traced(), **ROOM)
    await drain.run()
    (reason,) = {value.reason for value in (await values(drain, project_id, call_id)).values()}
    assert reason is not None
    assert "not measured on the recording" in reason


async def test_a_trace_taken_away_takes_its_values_along(drain: Drain, project_id: UUID) -> None:
    call_id = await create_call(drain, project_id, livekit_room_id="RM_7")
    await hear(drain, project_id, call_id)
    await take(drain, project_id, *traced(), **ROOM)
    await drain.run()
    names = {"project_id": project_id, "trace_id": TRACE_ID.hex(), "call_id": call_id}
    async with drain.context.sessions.begin() as session:
        await traces.unlink(session, **names)
    await drain.run()
    reasons = {value.reason for value in (await values(drain, project_id, call_id)).values()}
    assert reasons == {"No trace is linked to the call."}
    async with drain.context.sessions.begin() as session:
        await traces.link(session, **names, now=drain.clock.now())
    await drain.run()
    assert {slug: value.value for slug, value in (await values(drain, project_id, call_id)).items()} == SLUGS


async def test_spans_left_unsettled_by_a_dead_worker_are_settled_by_the_next_drain(
    drain: Drain, project_id: UUID
) -> None:
    call_id = await create_call(drain, project_id, livekit_room_id="RM_7")
    await hear(drain, project_id, call_id)
    await take(drain, project_id, *traced(), **ROOM)
    async with drain.context.sessions.begin() as session:
        await traces.drain(session, max_count=9, max_bytes=10**6, max_inflated_bytes=10**6, now=drain.clock.now())
    assert await values(drain, project_id, call_id) == {}
    await drain.run()
    assert {slug: value.value for slug, value in (await values(drain, project_id, call_id)).items()} == SLUGS


async def test_a_deleted_call_is_left_alone(drain: Drain, project_id: UUID) -> None:
    call_id = await create_call(drain, project_id, livekit_room_id="RM_7")
    async with drain.context.sessions.begin() as session:
        await session.execute(text("UPDATE call SET deleted_at = now()"))
    await take(drain, project_id, *traced(), **ROOM)
    await drain.run()
    assert await values(drain, project_id, call_id) == {}


async def test_the_facts_of_a_stored_call_hold_its_traces(drain: Drain, project_id: UUID) -> None:
    call_id = await create_call(drain, project_id, livekit_room_id="RM_7")
    await hear(drain, project_id, call_id)
    await take(drain, project_id, *traced(), **ROOM)
    await drain.run()
    async with drain.context.sessions() as session:
        facts = await trace_parts.read_facts(session, project_id, call_id)
    assert facts.conversation == heard()
    assert facts.attribution is not None
    assert len(facts.attribution.splits) == len(GAPS)


async def test_traces_are_found_by_attribute_through_the_index(drain: Drain, project_id: UUID) -> None:
    await take(drain, project_id, *traced(), **ROOM)
    await drain.run()
    async with drain.context.sessions() as session:
        for name, value in (("lk.response.ttft", 0.25), ("livekit.room.id", "RM_7")):
            page = await traces.list_traces(session, project_id, TraceQuery(attributes={name: value}))
            assert [summary.trace_id for summary in page.items] == [TRACE_ID.hex()]
