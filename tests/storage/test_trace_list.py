"""Filters of the list of traces, and what PostgreSQL makes of them."""

import dataclasses
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Select, event, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callscope.core.clock import SystemClock
from callscope.core.trace import SpanOrigin
from callscope.core.trace_query import TraceQuery
from callscope.storage import projects, spans, traces
from callscope.storage.traces import TraceRow
from tests.support.spans import made_span

TRACE_COUNT = 800
SPANS_PER_TRACE = 4


@pytest.fixture
async def project_id(session: AsyncSession) -> UUID:
    """A project with hundreds of traces, each with an order and a room of its own."""
    project_id = await projects.find_or_create(session, "default")
    ids = [f"{number:032x}" for number in range(1, TRACE_COUNT + 1)]
    origins = [SpanOrigin(resource_attributes={"room": f"R{number}"}) for number in range(1, TRACE_COUNT + 1)]
    made = [
        dataclasses.replace(
            made_span("work", at, at + 1, number=at + 1, order=f"O{number}", step=at), trace_id=trace_id, origin=origin
        )
        for number, (trace_id, origin) in enumerate(zip(ids, origins, strict=True), start=1)
        for at in range(SPANS_PER_TRACE)
    ]
    await spans.insert(session, project_id, made)
    await spans.summarize(session, project_id, ids, at=SystemClock().now())
    for table in ("span", "span_origin", "trace"):
        await session.execute(text(f"ANALYZE {table}"))
    return project_id


async def explained(session: AsyncSession, statement: Select[Any]) -> str:
    """Return the plan PostgreSQL makes for a statement with its parameters."""
    connection = await session.connection()

    def explain(*arguments: Any) -> tuple[str, Any]:
        return f"EXPLAIN {arguments[2]}", arguments[3]

    event.listen(connection.sync_connection, "before_cursor_execute", explain, retval=True)
    lines = (await session.scalars(statement)).all()
    event.remove(connection.sync_connection, "before_cursor_execute", explain)
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("name", "value", "index"),
    [("order", "O77", "ix_span_attributes"), ("room", "R77", "ix_span_origin_resource_attributes")],
)
async def test_an_attribute_is_looked_up_in_an_index(
    session: AsyncSession, project_id: UUID, name: str, value: str, index: str
) -> None:
    query = TraceQuery(attributes={name: value})
    page = await traces.list_page(session, project_id, query)
    assert [summary.trace_id for summary in page.items] == [f"{77:032x}"]
    plan = await explained(session, select(TraceRow.root_name).where(*traces.conditions(project_id, query)))
    assert index in plan
    assert "Seq Scan on span " not in plan


async def test_one_span_must_have_all_of_what_is_asked(session: AsyncSession, project_id: UUID) -> None:
    for attributes, count in (
        ({"order": "O9", "step": 2}, 1),
        ({"order": "O9", "room": "R9"}, 1),
        ({"order": "O9", "step": 9}, 0),
    ):
        page = await traces.list_page(session, project_id, TraceQuery(attributes=attributes))
        assert page.total == count
