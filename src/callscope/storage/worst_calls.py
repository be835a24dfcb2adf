"""Lists of calls, the worst first: read from the figures' indexes, so that a million calls cost what fifty do."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, any_, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from callscope.core.call import Call
from callscope.core.call_figures import Worst
from callscope.core.call_query import COUNTED_CALLS, CallQuery
from callscope.core.page import Page, decode_cursor, encode_cursor, unknown_cursor
from callscope.storage.call_figures import CallFiguresRow
from callscope.storage.call_list import conditions, filters
from callscope.storage.calls import CallRow, load


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    column: InstrumentedAttribute[Any]
    is_descending: bool
    has_fault: ColumnElement[bool]


ORDERS = {
    Worst.SLOWEST: _Order(
        column=CallFiguresRow.response_p95_ms,
        is_descending=True,
        has_fault=CallFiguresRow.response_p95_ms.is_not(None),
    ),
    Worst.BARGE_INS: _Order(
        column=CallFiguresRow.failed_barge_in_count,
        is_descending=True,
        has_fault=CallFiguresRow.failed_barge_in_count > 0,
    ),
    Worst.TOOLS: _Order(
        column=CallFiguresRow.failed_tool_count, is_descending=True, has_fault=CallFiguresRow.failed_tool_count > 0
    ),
    Worst.QUALITY: _Order(
        column=CallFiguresRow.quality_score, is_descending=False, has_fault=CallFiguresRow.quality_score.is_not(None)
    ),
    Worst.ERRORS: _Order(column=CallFiguresRow.started_at, is_descending=True, has_fault=and_(CallFiguresRow.is_error)),
}


async def first(session: AsyncSession, project_id: UUID, query: CallQuery, worst: Worst) -> tuple[Call, ...]:
    """Return the first calls of that list, as many as the query's limit, without counting the others."""
    return await load(session, _ordered(project_id, query, worst).limit(query.limit))


async def list_page(session: AsyncSession, project_id: UUID, query: CallQuery, worst: Worst) -> Page[Call]:
    """Return one page of the calls a query asks for that have the fault.

    It is counted up to `COUNTED_CALLS`. The query's own order is passed over. Raises InvalidInput for another list's
    cursor.
    """
    total = await count(session, project_id, query, worst, limit=COUNTED_CALLS)
    items, next_cursor = await read_stretch(session, project_id, query, worst)
    return Page(items=items, next_cursor=next_cursor, total=total, is_counted_out=total < COUNTED_CALLS)


async def count(session: AsyncSession, project_id: UUID, query: CallQuery, worst: Worst, *, limit: int) -> int:
    """Return how many calls a query asks for have the fault, `limit` for that many or more."""
    counted = _faulty(project_id, query, worst).limit(limit).subquery()
    return (await session.execute(select(func.count()).select_from(counted))).scalar_one()


async def read_stretch(
    session: AsyncSession, project_id: UUID, query: CallQuery, worst: Worst
) -> tuple[tuple[Call, ...], str | None]:
    """Return the calls of one page, uncounted, and the cursor of the next, None on the last. Raises as `list_page`."""
    rows = _ordered(project_id, query, worst)
    if query.after is not None:
        rows = rows.where(_beyond(ORDERS[worst], worst, query.after))
    found = await load(session, rows.limit(query.limit + 1))
    items = found[: query.limit]
    return items, await _cursor_at(session, items[-1], worst) if len(found) > query.limit else None


def _faulty(project_id: UUID, query: CallQuery, worst: Worst) -> Select[UUID]:
    """Return the ids of all calls of the list, in no order.

    Only visible calls have figures, and these know a call's start and agents: whoever asks no more needs no look at
    calls.
    """
    faulty = select(CallFiguresRow.call_id).where(*_matching(project_id, query, worst))
    asked = filters(project_id, replace(query, started_after=None, started_before=None, agent_id=None))
    return faulty.where(CallFiguresRow.call_id.in_(select(CallRow.id).where(*asked))) if asked else faulty


def _ordered(project_id: UUID, query: CallQuery, worst: Worst) -> Select[CallRow]:
    order = ORDERS[worst]
    matching = and_(*_matching(project_id, query, worst), *conditions(project_id, query))
    joined = select(CallRow).join(CallFiguresRow, CallFiguresRow.call_id == CallRow.id).where(matching)
    columns = (order.column, CallFiguresRow.call_id)
    return joined.order_by(*(one.desc() if order.is_descending else one.asc() for one in columns))


def _matching(project_id: UUID, query: CallQuery, worst: Worst) -> list[ColumnElement[bool]]:
    """Return what holds of the figures of the list's calls: the fault, and what is asked of what figures know."""
    matching = [CallFiguresRow.project_id == project_id, ORDERS[worst].has_fault]
    if query.started_after is not None:
        matching.append(CallFiguresRow.started_at >= query.started_after)
    if query.started_before is not None:
        matching.append(CallFiguresRow.started_at < query.started_before)
    if query.agent_id is not None:
        matching.append(literal(query.agent_id) == any_(CallFiguresRow.agent_ids))
    return matching


async def neighbours(
    session: AsyncSession, project_id: UUID, query: CallQuery, worst: Worst, call: Call
) -> tuple[UUID | None, UUID | None]:
    """Return the ids of the calls before and after one in that list, None beyond its ends or for a call not in it."""
    order = ORDERS[worst]
    own = select(order.column).where(CallFiguresRow.call_id == call.id, order.has_fault)
    value = (await session.execute(own)).scalar_one_or_none()
    if value is None:
        return None, None
    here, place = tuple_(order.column, CallFiguresRow.call_id), tuple_(literal(value), literal(call.id))
    found: list[UUID | None] = []
    for is_descending in (not order.is_descending, order.is_descending):
        ids = (
            select(CallFiguresRow.call_id)
            .join(CallRow, CallRow.id == CallFiguresRow.call_id)
            .where(CallFiguresRow.project_id == project_id, order.has_fault, *conditions(project_id, query))
            .where(here < place if is_descending else here > place)
            .order_by(*(one.desc() if is_descending else one.asc() for one in (order.column, CallFiguresRow.call_id)))
        )
        found.append((await session.execute(ids.limit(1))).scalar_one_or_none())
    return found[0], found[1]


async def _cursor_at(session: AsyncSession, call: Call, worst: Worst) -> str:
    column = ORDERS[worst].column
    value = (await session.execute(select(column).where(CallFiguresRow.call_id == call.id))).scalar_one()
    return encode_cursor(worst.value, value.isoformat() if isinstance(value, datetime) else value, str(call.id))


def _beyond(order: _Order, worst: Worst, cursor: str) -> ColumnElement[bool]:
    name, value, last_id = decode_cursor(cursor, size=3)
    if name != worst.value:
        raise unknown_cursor()
    try:
        place = literal(datetime.fromisoformat(value) if worst is Worst.ERRORS else float(value))
        last = tuple_(place, literal(UUID(last_id)))
    except (ValueError, TypeError, AttributeError) as error:
        raise unknown_cursor() from error
    here = tuple_(order.column, CallFiguresRow.call_id)
    return here < last if order.is_descending else here > last
