"""What is asked of many calls, and the plans by which the database answers."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from callscope.core.call_filters import parse_call_query
from callscope.core.page import encode_cursor
from callscope.services import calls
from tests.support.many_calls import FIRST_CALL_AT, SECONDS_APART, id_of

Question = Callable[[AsyncSession], Awaitable[Any]]


def questions(project_id: UUID, count: int) -> dict[str, Question]:
    """Return the questions by name, for a project of that many calls."""
    deep = count // 10
    at = FIRST_CALL_AT.fromtimestamp(FIRST_CALL_AT.timestamp() + SECONDS_APART * deep, FIRST_CALL_AT.tzinfo)
    cursor = encode_cursor("createdAt", True, at.isoformat(), str(id_of(1, deep)))

    def listing(*pairs: tuple[str, str]) -> Question:
        query = parse_call_query(pairs)
        return lambda session: calls.list_calls(session, project_id, query)

    return {
        "first page": listing(),
        "deep page": listing(("after", cursor)),
        "property, one call": listing(("properties[order_number]", f"O-{deep}")),
        "property, 9 % of calls": listing(("properties[plan_tier]", "gold")),
        "property, 1 % of calls": listing(("properties[plan_tier]", "trial")),
        "full text, rare word": listing(("searchText", "word19990")),
        "full text, two words": listing(("searchText", "word15000 word12")),
        "external id": listing(("externalId", f"external-{deep}")),
        "last hour by start": listing(("startedAfter", at.isoformat()), ("limit", "100"), ("sortBy", "startedAt")),
        "single get": lambda session: calls.get_call(session, project_id, id_of(1, deep)),
    }


async def plans_of(
    engine: AsyncEngine, question: Question, *, without_scans: bool = False, is_run: bool = False
) -> list[dict[str, Any]]:
    """Return the plan of every statement a question runs, its outermost node; `is_run` has it run and counted.

    `without_scans` has the planner avoid reading tables in sequence.
    """
    explain = f"EXPLAIN ({'ANALYZE, ' if is_run else ''}FORMAT JSON)"
    statements: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        statements.append((statement, parameters))

    async with AsyncSession(engine) as session:
        event.listen(engine.sync_engine, "before_cursor_execute", note)
        await question(session)
        event.remove(engine.sync_engine, "before_cursor_execute", note)
        if without_scans:
            await session.execute(text("SET LOCAL enable_seqscan = off"))
        connection = await session.connection()
        plans = []
        for statement, parameters in statements:
            if statement.startswith("EXPLAIN"):
                continue
            (plan,) = (await connection.exec_driver_sql(f"{explain} {statement}", parameters)).scalar_one()
            plans.append(plan["Plan"])
        return plans


def sequences_in(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the nodes of a plan that read a table in sequence."""
    if node["Node Type"] == "Seq Scan":
        yield node
    for part in node.get("Plans", ()):
        yield from sequences_in(part)
