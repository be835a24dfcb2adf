"""The list of calls: filtered, ordered, in pages."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, func, literal, or_, select, true, tuple_
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from callscope.core.call import Call
from callscope.core.call_filters import as_number
from callscope.core.call_query import COUNTED_CALLS, COUNTED_MATCHES, CallQuery, CallSort, Comparison, ValueFilter
from callscope.core.metric import MetricContext, ValueState
from callscope.core.page import Page, decode_cursor, encode_cursor, unknown_cursor
from callscope.storage import call_words, customers
from callscope.storage.agents import CallAgentRow
from callscope.storage.calls import CallRow, load, visible
from callscope.storage.measurements import MetricValueRow

SORT_COLUMNS: dict[CallSort, InstrumentedAttribute[Any]] = {
    CallSort.CREATED_AT: CallRow.created_at,
    CallSort.STARTED_AT: CallRow.started_at,
    CallSort.ENDED_AT: CallRow.ended_at,
    CallSort.DURATION: CallRow.duration_ms,
    CallSort.TITLE: CallRow.title,
    CallSort.STATUS: CallRow.status,
}
NULLABLE = {CallSort.ENDED_AT, CallSort.DURATION, CallSort.TITLE}
POINTS_IN_TIME = {CallSort.CREATED_AT, CallSort.STARTED_AT, CallSort.ENDED_AT}


async def list_page(session: AsyncSession, project_id: UUID, query: CallQuery) -> Page[Call]:
    """Return one page of the project's calls, counted up to `COUNTED_CALLS`, or `COUNTED_MATCHES` of a filtered list.

    Raises InvalidInput for a cursor of another list or order.
    """
    if not filters(project_id, query):
        # In this order the rows need not be read: all that is counted stands in the index.
        counted = select(CallRow.id).where(*visible(project_id)).order_by(CallRow.created_at).limit(COUNTED_CALLS)
        total = (await session.execute(select(func.count()).select_from(counted.subquery()))).scalar_one()
        is_counted_out = total < COUNTED_CALLS
    else:
        total, ids = await _count_and_find(session, project_id, query)
        is_counted_out = total < COUNTED_MATCHES
        if is_counted_out:
            rows = select(CallRow).where(CallRow.id.in_(ids)).order_by(*_order(query, CallRow))
            items, next_cursor = _page_of(await load(session, rows), query)
            return Page(items=items, next_cursor=next_cursor, total=total)
    items, next_cursor = await read_stretch(session, project_id, query)
    return Page(items=items, next_cursor=next_cursor, total=total, is_counted_out=is_counted_out)


async def count(session: AsyncSession, project_id: UUID, query: CallQuery, *, limit: int) -> int:
    """Return how many calls a query asks for, `limit` for that many or more."""
    counted = select(CallRow.id).where(*conditions(project_id, query)).limit(limit)
    return (await session.execute(select(func.count()).select_from(counted.subquery()))).scalar_one()


async def _count_and_find(session: AsyncSession, project_id: UUID, query: CallQuery) -> tuple[int, list[UUID]]:
    """Return how many calls match, and of few also those of the page and one more.

    What is counted has been found: sorting it costs less than looking for it again along the order's index, call by
    call, which is what the planner would do, for it cannot know that few match.
    """
    common = await call_words.common_in(session, query.search_text) if query.search_text else frozenset()
    column = SORT_COLUMNS[query.sort_by]
    matching = select(CallRow.id, column).where(*visible(project_id), *filters(project_id, query, common_words=common))
    matched = matching.limit(COUNTED_MATCHES).cte("matching").prefix_with("MATERIALIZED")
    counted = select(func.count().label("total")).select_from(matched).subquery()
    row = aliased(CallRow, matched)
    page = select(row.id, getattr(row, column.key)).order_by(*_order(query, row)).limit(query.limit + 1)
    if query.after is not None:
        page = page.where(_beyond(query, row))
    shown = page.subquery()
    found = await session.execute(select(counted.c.total, shown.c.id).join(shown, true(), isouter=True))
    totals, ids = zip(*found.all(), strict=True)
    return totals[0], [id_ for id_ in ids if id_ is not None]


async def read_stretch(
    session: AsyncSession, project_id: UUID, query: CallQuery
) -> tuple[tuple[Call, ...], str | None]:
    """Return the calls of one page, uncounted, and the cursor of the next, None on the last. Raises as `list_page`."""
    rows = select(CallRow).where(*conditions(project_id, query)).order_by(*_order(query, CallRow))
    if query.after is not None:
        rows = rows.where(_beyond(query, CallRow))
    return _page_of(await load(session, rows.limit(query.limit + 1)), query)


def _page_of(found: tuple[Call, ...], query: CallQuery) -> tuple[tuple[Call, ...], str | None]:
    items = found[: query.limit]
    return items, _cursor_at(items[-1], query) if len(found) > query.limit else None


def _order(query: CallQuery, row: type[CallRow]) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    column = getattr(row, SORT_COLUMNS[query.sort_by].key)
    by_value, by_id = (column.desc(), row.id.desc()) if query.is_descending else (column.asc(), row.id.asc())
    return by_value.nulls_last() if query.sort_by in NULLABLE else by_value, by_id


async def neighbours(
    session: AsyncSession, project_id: UUID, query: CallQuery, call: Call
) -> tuple[UUID | None, UUID | None]:
    """Return the ids of the calls before and after one in the order of a query, None beyond its ends.

    The order must be by something every call has.
    """
    turned = replace(query, is_descending=not query.is_descending)
    before = await _first_beyond(session, project_id, replace(turned, after=_cursor_at(call, turned)))
    return before, await _first_beyond(session, project_id, replace(query, after=_cursor_at(call, query)))


async def _first_beyond(session: AsyncSession, project_id: UUID, query: CallQuery) -> UUID | None:
    order = (SORT_COLUMNS[query.sort_by], CallRow.id)
    ids = select(CallRow.id).where(*conditions(project_id, query), _beyond(query, CallRow))
    ids = ids.order_by(*(one.desc() if query.is_descending else one.asc() for one in order)).limit(1)
    return (await session.execute(ids)).scalar_one_or_none()


def conditions(project_id: UUID, query: CallQuery) -> list[ColumnElement[bool]]:
    """Return what holds of the project's calls that a query asks for, whatever its order and place."""
    return [*visible(project_id), *filters(project_id, query)]


def filters(
    project_id: UUID, query: CallQuery, *, common_words: frozenset[str] = frozenset()
) -> list[ColumnElement[bool]]:
    """Return what a query asks of visible calls; nothing when it asks for all.

    `common_words` of its text are looked for in what the others find.
    """
    asked = [
        condition(value) for field, condition in CONDITIONS.items() if (value := getattr(query, field)) is not None
    ]
    if query.search_text:
        asked.append(call_words.has(CallRow.id, query.search_text, common_words=common_words))
    if query.is_simulated_only:
        asked.append(false())
    asked += [_property_condition(each) for each in query.properties]
    asked += [_metric_condition(project_id, each) for each in query.metrics]
    return asked


CONDITIONS: dict[str, Callable[[Any], ColumnElement[bool]]] = {
    "status": lambda value: CallRow.status == value.value,
    "direction": lambda value: CallRow.direction == value.value,
    "interface_type": lambda value: CallRow.interface_type == value.value,
    "ended_status": lambda value: CallRow.ended_status == value.value,
    "source": lambda value: CallRow.source == value,
    "external_id": lambda value: CallRow.external_id == value,
    "agent_id": lambda value: exists().where(CallAgentRow.call_id == CallRow.id, CallAgentRow.agent_id == value),
    "customer_phone_number": lambda value: CallRow.id.in_(customers.calls_of_number(value)),
    "started_after": lambda value: CallRow.started_at >= value,
    "started_before": lambda value: CallRow.started_at < value,
    "created_after": lambda value: CallRow.created_at >= value,
    "created_before": lambda value: CallRow.created_at < value,
    "updated_since": lambda value: CallRow.updated_at >= value,
    "min_duration_ms": lambda value: CallRow.duration_ms >= value,
    "max_duration_ms": lambda value: CallRow.duration_ms <= value,
}
"""What each simple field of a query asks of a call."""

ORDERS: dict[Comparison, Callable[[Any, Any], ColumnElement[bool]]] = {
    Comparison.GREATER: lambda column, value: column > value,
    Comparison.GREATER_OR_EQUAL: lambda column, value: column >= value,
    Comparison.LESS: lambda column, value: column < value,
    Comparison.LESS_OR_EQUAL: lambda column, value: column <= value,
}


def _property_condition(asked: ValueFilter) -> ColumnElement[bool]:
    has_property: ColumnElement[bool] = CallRow.properties.has_key(asked.name)
    if asked.comparison is Comparison.EXISTS:
        return has_property if asked.value == "true" else ~has_property
    if asked.comparison in (Comparison.EQUAL, Comparison.NOT):
        # Containment is what the index on properties answers. The project fixed one type, so one spelling can hold.
        equal: ColumnElement[bool] = or_(
            *(CallRow.properties.contains({asked.name: value}) for value in _spellings(asked.value))
        )
        return equal if asked.comparison is Comparison.EQUAL else ~equal
    value = CallRow.properties[asked.name]
    is_text, text = func.jsonb_typeof(value) == "string", CallRow.properties[asked.name].astext
    if asked.comparison is Comparison.CONTAINS:
        return and_(has_property, is_text, text.icontains(asked.value, autoescape=True))
    if asked.comparison is Comparison.STARTS_WITH:
        return and_(has_property, is_text, text.istartswith(asked.value, autoescape=True))
    compare, number = ORDERS[asked.comparison], as_number(asked.value)
    in_order = and_(is_text, compare(text.collate("C"), asked.value))
    if number is not None:
        # JSON numbers compare as numbers, without a cast that could fail on a value of another type.
        in_order = or_(in_order, and_(func.jsonb_typeof(value) == "number", compare(value, literal(number, JSONB))))
    return and_(has_property, in_order)


def _spellings(text: str) -> list[str | float | bool]:
    """Return the JSON values that a text may mean: itself, and the number or truth value it spells."""
    number = as_number(text)
    return [text, *([] if number is None else [number]), *({"true": [True], "false": [False]}.get(text, []))]


def _metric_condition(project_id: UUID, asked: ValueFilter) -> ColumnElement[bool]:
    measured = select(MetricValueRow.call_id).where(
        MetricValueRow.project_id == project_id,
        MetricValueRow.slug == asked.name,
        MetricValueRow.context == MetricContext.CALL.value,
        MetricValueRow.state == ValueState.SUCCESS.value,
    )
    if asked.comparison is Comparison.EXISTS:
        return CallRow.id.in_(measured) if asked.value == "true" else CallRow.id.not_in(measured)
    if asked.comparison in ORDERS:
        return CallRow.id.in_(measured.where(ORDERS[asked.comparison](MetricValueRow.number, as_number(asked.value))))
    equal = measured.where(or_(*(MetricValueRow.value == literal(value, JSONB) for value in _spellings(asked.value))))
    return CallRow.id.in_(equal) if asked.comparison is Comparison.EQUAL else CallRow.id.not_in(equal)


def _cursor_at(call: Call, query: CallQuery) -> str:
    value = getattr(call, SORT_COLUMNS[query.sort_by].key)
    value = value.isoformat() if isinstance(value, datetime) else value
    return encode_cursor(query.sort_by.value, query.is_descending, value, str(call.id))


def _beyond(query: CallQuery, row: type[CallRow]) -> ColumnElement[bool]:
    sort_by, is_descending, value, last_id = decode_cursor(query.after or "", size=4)
    if (sort_by, is_descending) != (query.sort_by.value, query.is_descending):
        raise unknown_cursor()
    try:
        call_id, place = UUID(last_id), _place(query.sort_by, value)
    except (ValueError, TypeError, AttributeError) as error:
        raise unknown_cursor() from error
    column = getattr(row, SORT_COLUMNS[query.sort_by].key)
    after_id = row.id < call_id if is_descending else row.id > call_id
    if place is None:
        return and_(column.is_(None), after_id)
    # A comparison of pairs is what an index on (project, column, id) can answer.
    place_in_order, last = tuple_(column, row.id), tuple_(literal(place), literal(call_id))
    further = place_in_order < last if is_descending else place_in_order > last
    return or_(further, column.is_(None)) if query.sort_by in NULLABLE else further


def _place(sort_by: CallSort, value: object) -> datetime | int | str | None:
    """Return the sort value a cursor holds. Raises ValueError or TypeError for one of another kind."""
    if value is None and sort_by in NULLABLE:
        return None
    if sort_by is CallSort.DURATION and isinstance(value, int):
        return value
    if not isinstance(value, str) or sort_by is CallSort.DURATION:
        raise TypeError(value)
    return datetime.fromisoformat(value) if sort_by in POINTS_IN_TIME else value
