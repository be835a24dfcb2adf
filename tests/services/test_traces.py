from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from callscope.core.errors import InvalidInput
from callscope.core.trace import SpanStatus
from callscope.core.trace_query import MatchKey, TraceQuery, TraceSort, to_datetime
from callscope.pipeline.traces import SET_ASIDE
from callscope.services import traces
from callscope.storage import trace_payloads
from callscope.traces.payload import MediaType
from tests.support.otlp import START_NS, TRACE_ID, body, body_of_many, failed, span
from tests.support.trace_api import Drain
from tests.support.trace_calls import create_call, links, listed, of, take

TRACE = TRACE_ID.hex()


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
