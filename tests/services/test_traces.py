import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage
from sqlalchemy import text

from callscope.core.call import CallDirection, InterfaceType
from callscope.core.errors import CallNotFound, InvalidInput
from callscope.core.new_call import NewCall, ReceivedRequest
from callscope.core.trace import SpanStatus
from callscope.core.trace_query import MatchKey, TraceQuery, TraceSort, to_datetime
from callscope.pipeline.context import TraceRules
from callscope.pipeline.traces import SET_ASIDE
from callscope.services import ingest, traces
from callscope.services.traces import TraceNotFound
from callscope.storage import measurements, projects, trace_payloads
from callscope.storage.engine import SessionFactory
from callscope.traces.payload import MediaType
from tests.support.conversations import AGENT, CUSTOMER, conversation, turn
from tests.support.otlp import START_NS, TRACE_ID, body, body_of_many, failed, span
from tests.support.trace_api import Drain, draining

TRACE = TRACE_ID.hex()
RULES = TraceRules(retention_days=2, payload_retention_days=1)
VAPI_ID = "0A1B2C3D-0000-4000-8000-000000000001"


@pytest.fixture
async def drain(sessions: SessionFactory, database_url: str, tmp_path: Path) -> AsyncIterator[Drain]:
    async with draining(sessions, database_url, tmp_path, RULES) as drain:
        drain.clock.moment = datetime.now(UTC)
        yield drain


@pytest.fixture
async def project_id(sessions: SessionFactory) -> UUID:
    async with sessions.begin() as session:
        return await projects.find_or_create(session, "default")


async def take(
    drain: Drain, project_id: UUID, *spans: SpanMessage, content: bytes | None = None, **options: Any
) -> None:
    async with drain.context.sessions.begin() as session:
        await traces.accept(
            session,
            project_id=project_id,
            media_type=MediaType.PROTOBUF,
            encoding="identity",
            body=body(*spans, **options) if content is None else content,
            now=drain.clock.now(),
        )


async def create_call(drain: Drain, project_id: UUID, **fields: Any) -> UUID:
    new = NewCall(
        direction=CallDirection.INBOUND,
        interface_type=InterfaceType.WEB,
        started_at=to_datetime(START_NS),
        recording_url="http://127.0.0.1/refused.wav",
        stereo_recording_url=None,
        ended_status=None,
        external_id=None,
        vapi_call_id=None,
        livekit_room_id=None,
        source="API",
        agents=(),
        customers=(),
        transcript=None,
        tools=(),
    )
    request = ReceivedRequest(api_key_id=None, body=b"", body_digest=b"", unknown_fields=())
    async with drain.context.sessions.begin() as session:
        call = await ingest.create_call(
            session,
            dataclasses.replace(new, **fields),
            project_id=project_id,
            request=request,
            now=drain.clock.now(),
        )
    return call.id


async def links(drain: Drain, project_id: UUID, call_id: UUID) -> list[tuple[str, MatchKey, str]]:
    async with drain.context.sessions() as session:
        found = await traces.traces_of_call(session, project_id, call_id)
    return [
        (one.summary.trace_id, link.key, link.attribute)
        for one in found
        for link in one.summary.links
        if link.call_id == call_id
    ]


async def listed(drain: Drain, project_id: UUID, **query: Any) -> list[str]:
    async with drain.context.sessions() as session:
        page = await traces.list_traces(session, project_id, TraceQuery(**query))
    assert page.total == len(page.items)
    return [summary.trace_id[:2] for summary in page.items]


def of(trace: int, number: int = 1, **further: Any) -> SpanMessage:
    return span(number, trace_id=bytes([trace]) * 16, **further)


async def test_a_span_that_comes_later_completes_its_trace(drain: Drain, project_id: UUID) -> None:
    await take(drain, project_id, span(2, parent_span_id=(1).to_bytes(8, "big"), at_ms=50, status=failed("x")))
    await drain.run()
    async with drain.context.sessions() as session:
        partial = await traces.get_trace(session, project_id, TRACE)
    assert (partial.summary.root_name, partial.summary.span_count, partial.summary.error_count) == (None, 1, 1)

    await take(drain, project_id, span(1, name="call", lasts_ms=500), resource={"host": "a"})
    await drain.run()
    async with drain.context.sessions() as session:
        whole = await traces.get_trace(session, project_id, TRACE)

    assert (whole.summary.root_name, whole.summary.span_count, whole.summary.services) == ("call", 2, ("desk",))
    assert whole.summary.duration_ns == 500_000_000
    assert [one.name for one in whole.spans] == ["call", "work"]
    assert whole.spans[0].attribute("host") == "a"
    assert whole.spans[1].attribute("host") is None


async def test_a_repeat_of_a_span_changes_nothing(drain: Drain, project_id: UUID) -> None:
    await take(drain, project_id, span(1, name="first"), span(1, name="twin"))
    await take(drain, project_id, span(1, name="changed", lasts_ms=9000))
    await drain.run()
    async with drain.context.sessions() as session:
        found = await traces.get_trace(session, project_id, TRACE)
    assert [one.name for one in found.spans] == ["first"]
    assert (found.summary.span_count, found.summary.duration_ns) == (1, 100_000_000)


async def test_replay_writes_over_what_an_older_mapper_made(drain: Drain, project_id: UUID) -> None:
    await take(drain, project_id, span(1, name="as sent", attributes={"roark.external_id": "ours"}))
    await drain.run()
    call_id = await create_call(drain, project_id, external_id="ours")
    async with drain.context.sessions.begin() as session:
        await session.execute(text("UPDATE span SET name = 'misread', attributes = '{}'"))
        await session.execute(text("DELETE FROM trace_key"))
        await session.execute(text("DELETE FROM trace_link"))
        hour = timedelta(hours=1)
        now = drain.clock.now()
        await traces.queue_replay(session, received_from=now - hour, received_before=now + hour)
    await drain.run()

    async with drain.context.sessions() as session:
        found = await traces.get_trace(session, project_id, TRACE)
    assert [(one.name, one.attributes) for one in found.spans] == [("as sent", {"roark.external_id": "ours"})]
    assert await links(drain, project_id, call_id) == [(TRACE, MatchKey.EXTERNAL_ID, "roark.external_id")]


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


async def send_three_traces(drain: Drain, project_id: UUID) -> None:
    await take(drain, project_id, of(1, 1, name="call"), of(1, 2, name="llm", attributes={"model": "small", "n": 2}))
    await take(drain, project_id, of(2, 1, name="call", at_ms=1000, lasts_ms=900, status=failed("x")))
    await take(drain, project_id, of(3, 1, name="tool", at_ms=2000, lasts_ms=300), resource={"service.name": "shop"})
    await drain.run()


SEARCHES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["03", "02", "01"]),
    ({"is_descending": False}, ["01", "02", "03"]),
    ({"sort_by": TraceSort.DURATION}, ["02", "03", "01"]),
    ({"name": "call"}, ["02", "01"]),
    ({"service": "shop"}, ["03"]),
    ({"status": SpanStatus.ERROR}, ["02"]),
    ({"attributes": {"model": "small"}}, ["01"]),
    ({"attributes": {"model": "small", "n": 2}}, ["01"]),
    ({"attributes": {"model": "small"}, "name": "call"}, []),
    ({"attributes": {"service.name": "shop"}}, ["03"]),
    ({"min_duration_ms": 300}, ["03", "02"]),
    ({"max_duration_ms": 300}, ["03", "01"]),
    ({"started_from": to_datetime(START_NS + 10**9)}, ["03", "02"]),
    ({"started_before": to_datetime(START_NS + 10**9)}, ["01"]),
]


async def test_traces_are_found_by_what_their_spans_are(drain: Drain, project_id: UUID) -> None:
    await send_three_traces(drain, project_id)
    for query, found in SEARCHES:
        assert (query, await listed(drain, project_id, **query)) == (query, found)


async def test_pages_lead_through_all_traces_once(drain: Drain, project_id: UUID) -> None:
    await send_three_traces(drain, project_id)
    for sort_by in TraceSort:
        for is_descending in (True, False):
            order = {"sort_by": sort_by, "is_descending": is_descending}
            assert await paged(drain, project_id, order) == await listed(drain, project_id, **order)


async def paged(drain: Drain, project_id: UUID, order: dict[str, Any]) -> list[str]:
    seen: list[str] = []
    after: str | None = None
    while True:
        async with drain.context.sessions() as session:
            page = await traces.list_traces(session, project_id, TraceQuery(after=after, limit=2, **order))
        assert page.total == 3
        seen += [summary.trace_id[:2] for summary in page.items]
        after = page.next_cursor
        if after is None:
            return seen


async def test_a_cursor_of_another_order_is_refused(drain: Drain, project_id: UUID) -> None:
    await send_three_traces(drain, project_id)
    async with drain.context.sessions() as session:
        page = await traces.list_traces(session, project_id, TraceQuery(limit=1))
        for cursor in ("nonsense", page.next_cursor):
            query = TraceQuery(after=cursor, is_descending=False)
            with pytest.raises(InvalidInput):
                await traces.list_traces(session, project_id, query)


async def test_traces_and_payloads_expire_on_their_own_time(drain: Drain, project_id: UUID) -> None:
    await take(drain, project_id, of(1), content=body(of(1, attributes={"roark.external_id": "old"})))
    await drain.run()
    drain.clock.moment += timedelta(days=1.5)
    await take(drain, project_id, of(2))
    await drain.run()
    await expire(drain)
    assert (await drain.counts())["traces"] == 2
    assert await payload_count(drain) == 1

    drain.clock.moment += timedelta(days=1)
    await expire(drain)

    assert await listed(drain, project_id) == ["02"]
    async with drain.context.sessions() as session:
        left = await session.execute(text("SELECT trace_id FROM trace_key UNION ALL SELECT trace_id FROM span_origin"))
        assert {bytes(row[0])[0] for row in left} == {2}


async def expire(drain: Drain) -> None:
    await drain.app.tasks["trace.expire"].defer_async(timestamp=0)
    await drain.run()


async def payload_count(drain: Drain) -> int:
    async with drain.context.sessions() as session:
        return int((await session.execute(text("SELECT count(*) FROM trace_payload"))).scalar_one())


async def test_a_payload_that_cannot_be_read_any_more_is_marked(drain: Drain, project_id: UUID) -> None:
    await take(drain, project_id, content=b"\xff\xff")
    await take(drain, project_id, span(1))
    await drain.run()
    assert (await drain.counts())["spans"] == 1
    async with drain.context.sessions() as session:
        faults = (await session.execute(text("SELECT fault FROM trace_payload ORDER BY id"))).scalars().all()
    assert faults[0] is not None
    assert "protobuf" in faults[0]
    assert faults[1] is None


async def test_a_payload_that_breaks_its_transaction_is_set_aside_and_the_others_get_through(
    drain: Drain, project_id: UUID
) -> None:
    async with drain.context.sessions.begin() as session:
        await session.execute(text("ALTER TABLE span ADD CONSTRAINT test CHECK (name <> 'poison')"))
    await take(drain, project_id, of(1))
    await take(drain, project_id, of(2, name="poison"))
    await take(drain, project_id, of(3))
    await drain.run()
    assert await listed(drain, project_id, is_descending=False) == ["01", "03"]
    async with drain.context.sessions() as session:
        faults = (await session.execute(text("SELECT fault FROM trace_payload ORDER BY id"))).scalars().all()
    assert faults == [None, SET_ASIDE, None]
    assert (await drain.counts())["waiting"] == 0


async def test_a_payload_that_commits_while_a_drain_starts_is_drained(drain: Drain, project_id: UUID) -> None:
    await take(drain, project_id, of(1))
    async with drain.context.sessions() as arriving:
        # It sees a job waiting and relies on it; the job starts before it commits.
        await traces.accept(
            arriving,
            project_id=project_id,
            media_type=MediaType.PROTOBUF,
            encoding="identity",
            body=body(of(2)),
            now=drain.clock.now(),
        )
        async with drain.context.sessions.begin() as starting:
            await starting.execute(text("SET LOCAL lock_timeout = '50ms'"))
            with pytest.raises(Exception, match="lock timeout"):
                await trace_payloads.wait_for_arrivals(starting)
            await starting.rollback()
        await arriving.commit()
    await drain.run()
    assert (await drain.counts())["traces"] == 2


async def test_a_large_payload_is_drained_whole(drain: Drain, project_id: UUID) -> None:
    await take(drain, project_id, content=body_of_many(5000))
    await drain.run()
    assert await drain.counts() == {"spans": 5000, "traces": 1, "links": 0, "waiting": 0}


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
        (split.heard_ms, split.end_of_turn_ms, split.llm_ms, split.tts_ms, split.unexplained_ms)
        for split in found.attribution.splits
    ] == [(1000, 400, 250, 200, 150), (1100, 400, 250, 200, 250), (1500, 400, 250, 200, 650)]
