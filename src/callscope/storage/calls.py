"""Calls: the row, and the queries that read calls with their participants."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Index,
    Select,
    and_,
    any_,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from callscope.core.call import Call, CallDirection, CallStatus, EndedStatus, InterfaceType, PropertyValue
from callscope.core.call_query import CallQuery, CallSort
from callscope.core.page import Page, decode_cursor, encode_cursor, unknown_cursor
from callscope.storage import agents, customers
from callscope.storage.base import Base, CreatedAt, EmptyObject, Id, Milliseconds, ProjectId, array_of
from callscope.storage.transcripts import TranscriptEntryRow, TranscriptRow

VISIBLE = text("deleted_at IS NULL")


class CallRow(Base):
    """One call. A set `deleted_at` hides it and everything of it from every read."""

    __tablename__ = "call"
    __table_args__ = (
        Index("uq_call_project_id_external_id", "project_id", "external_id", unique=True, postgresql_where=VISIBLE),
        Index("ix_call_project_id_created_at", "project_id", "created_at", "id", postgresql_where=VISIBLE),
        Index("ix_call_project_id_started_at", "project_id", "started_at", "id", postgresql_where=VISIBLE),
        Index("ix_call_vapi_call_id", "vapi_call_id", postgresql_where=text("vapi_call_id IS NOT NULL")),
        Index("ix_call_livekit_room_id", "livekit_room_id", postgresql_where=text("livekit_room_id IS NOT NULL")),
        Index("ix_call_properties", "properties", postgresql_using="gin"),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    status: Mapped[str]
    direction: Mapped[str]
    interface_type: Mapped[str]
    source: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    duration_ms: Mapped[Milliseconds | None]
    ended_status: Mapped[str | None]
    title: Mapped[str | None]
    summary: Mapped[str | None]
    external_id: Mapped[str | None]
    vapi_call_id: Mapped[str | None]
    livekit_room_id: Mapped[str | None]
    recording_url: Mapped[str]
    stereo_recording_url: Mapped[str | None]
    properties: Mapped[EmptyObject]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    deleted_at: Mapped[datetime | None]


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


async def exists_visible(session: AsyncSession, project_id: UUID, call_id: UUID) -> bool:
    """Tell whether the project has that call."""
    query = select(CallRow.id).where(*_visible(project_id), CallRow.id == call_id)
    return (await session.execute(query)).first() is not None


async def get(session: AsyncSession, project_id: UUID, call_id: UUID) -> Call | None:
    """Return the call, None when the project has no such call."""
    query = select(CallRow).where(*_visible(project_id), CallRow.id == call_id)
    return next(iter(await _load(session, query)), None)


async def list_page(session: AsyncSession, project_id: UUID, query: CallQuery) -> Page[Call]:
    """Return one page of the project's calls. Raises InvalidInput for a cursor of another list or order."""
    matching = [*_visible(project_id), *_filters(query)]
    total = (await session.execute(select(func.count()).select_from(CallRow).where(*matching))).scalar_one()
    column = SORT_COLUMNS[query.sort_by]
    by_value, by_id = (column.desc(), CallRow.id.desc()) if query.is_descending else (column.asc(), CallRow.id.asc())
    by_value = by_value.nulls_last() if query.sort_by in NULLABLE else by_value
    rows = select(CallRow).where(*matching).order_by(by_value, by_id).limit(query.limit + 1)
    if query.after is not None:
        rows = rows.where(_beyond(query))
    found = await _load(session, rows)
    items = found[: query.limit]
    next_cursor = _cursor_at(items[-1], query) if len(found) > query.limit else None
    return Page(items=items, next_cursor=next_cursor, total=total)


async def set_duration(session: AsyncSession, call_id: UUID, duration_ms: int, *, at: datetime) -> None:
    """Record how long the call lasted; its end follows from its start."""
    values = {
        "duration_ms": duration_ms,
        "ended_at": CallRow.started_at + timedelta(milliseconds=duration_ms),
        "updated_at": at,
    }
    statement = update(CallRow).where(CallRow.id == call_id).values(values)
    await session.execute(statement.execution_options(synchronize_session=False))


async def lock(session: AsyncSession, project_id: UUID, call_id: UUID) -> bool:
    """Keep every other transaction from changing the call until this one ends; return whether there is one."""
    query = select(CallRow.id).where(*_visible(project_id), CallRow.id == call_id).with_for_update()
    return (await session.execute(query)).first() is not None


async def change_properties(
    session: AsyncSession,
    call_id: UUID,
    *,
    written: Mapping[str, PropertyValue],
    removed: Collection[str],
    at: datetime,
) -> None:
    """Write and remove properties of a call, leaving its others. The id must have been scoped to a project."""
    kept = CallRow.properties.op("-")(array_of(removed, str))
    values = {"properties": kept.op("||")(literal(dict(written), JSONB)), "updated_at": at}
    statement = update(CallRow).where(CallRow.id == call_id).values(values)
    await session.execute(statement.execution_options(synchronize_session=False))


async def touch(session: AsyncSession, call_id: UUID, *, at: datetime) -> None:
    """Note that something of the call changed. The id must have been scoped to a project."""
    statement = update(CallRow).where(CallRow.id == call_id).values(updated_at=at)
    await session.execute(statement.execution_options(synchronize_session=False))


async def hide(session: AsyncSession, project_id: UUID, call_ids: Collection[UUID], *, at: datetime) -> set[UUID]:
    """Hide calls from every read; return the ids of those there were to hide."""
    ids = select(CallRow.id).where(*_visible(project_id), CallRow.id == any_(array_of(call_ids, UUID)))
    # In one order everywhere: two transactions that wait for each other's calls would be a deadlock.
    locked = ids.order_by(CallRow.id).with_for_update().cte("locked")
    statement = update(CallRow).where(CallRow.id.in_(select(locked.c.id))).values(deleted_at=at).returning(CallRow.id)
    return set((await session.execute(statement.execution_options(synchronize_session=False))).scalars())


def _visible(project_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (CallRow.project_id == project_id, CallRow.deleted_at.is_(None))


def _filters(query: CallQuery) -> list[ColumnElement[bool]]:
    filters: list[ColumnElement[bool]] = []
    if query.status is not None:
        filters.append(CallRow.status == query.status.value)
    if query.search_text:
        filters.append(_mentions(query.search_text))
    if query.is_simulated_only:
        filters.append(false())
    for name, must_exist in query.properties_exist.items():
        has_property = CallRow.properties.has_key(name)
        filters.append(has_property if must_exist else ~has_property)
    return filters


def _mentions(search_text: str) -> ColumnElement[bool]:
    said = exists().where(
        TranscriptRow.call_id == CallRow.id,
        TranscriptEntryRow.transcript_id == TranscriptRow.id,
        TranscriptEntryRow.text.icontains(search_text, autoescape=True),
    )
    return or_(
        CallRow.title.icontains(search_text, autoescape=True),
        CallRow.summary.icontains(search_text, autoescape=True),
        said,
    )


def _cursor_at(call: Call, query: CallQuery) -> str:
    value = getattr(call, SORT_COLUMNS[query.sort_by].key)
    value = value.isoformat() if isinstance(value, datetime) else value
    return encode_cursor(query.sort_by.value, query.is_descending, value, str(call.id))


def _beyond(query: CallQuery) -> ColumnElement[bool]:
    sort_by, is_descending, value, last_id = decode_cursor(query.after or "", size=4)
    if (sort_by, is_descending) != (query.sort_by.value, query.is_descending):
        raise unknown_cursor()
    try:
        call_id, place = UUID(last_id), _place(query.sort_by, value)
    except (ValueError, TypeError, AttributeError) as error:
        raise unknown_cursor() from error
    column = SORT_COLUMNS[query.sort_by]
    after_id = CallRow.id < call_id if is_descending else CallRow.id > call_id
    if place is None:
        return and_(column.is_(None), after_id)
    # A comparison of pairs is what an index on (project, column, id) can answer.
    place_in_order, last = tuple_(column, CallRow.id), tuple_(literal(place), literal(call_id))
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


async def _load(session: AsyncSession, query: Select[CallRow]) -> tuple[Call, ...]:
    # What this transaction wrote by statement must be read again, not remembered.
    rows = (await session.scalars(query.execution_options(populate_existing=True))).all()
    if not rows:
        return ()
    ids = [row.id for row in rows]
    agents_of, customers_of = await agents.of_calls(session, ids), await customers.of_calls(session, ids)
    return tuple(
        Call(
            id=row.id,
            project_id=row.project_id,
            status=CallStatus(row.status),
            direction=CallDirection(row.direction),
            interface_type=InterfaceType(row.interface_type),
            started_at=row.started_at,
            ended_at=row.ended_at,
            duration_ms=row.duration_ms,
            ended_status=None if row.ended_status is None else EndedStatus(row.ended_status),
            title=row.title,
            summary=row.summary,
            external_id=row.external_id,
            vapi_call_id=row.vapi_call_id,
            livekit_room_id=row.livekit_room_id,
            source=row.source,
            agents=tuple(agents_of[row.id]),
            customers=tuple(customers_of[row.id]),
            properties=row.properties,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in rows
    )
