"""Traces: one row each, kept up to its spans; the list, and the end of what has been kept long enough."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Index,
    Text,
    and_,
    any_,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    tuple_,
    union,
)
from sqlalchemy import literal as literal_value
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from callscope.core.page import Page, decode_cursor, encode_cursor, unknown_cursor
from callscope.core.trace import AttributeValue, SpanStatus
from callscope.core.trace_query import NS_PER_MS, TraceQuery, TraceSort, TraceSummary, to_unix_ns
from callscope.storage.base import Base, ProjectId, array_of
from callscope.storage.spans import SpanOriginRow, SpanRow
from callscope.storage.trace_links import TraceKeyRow, TraceLinkRow

TRACE_ID_BYTES = 16


class TraceRow(Base):
    """A trace as far as its spans have come in.

    `is_settled` is false from when spans came in until the calls it is linked to were queued to be measured anew.
    """

    __tablename__ = "trace"
    __table_args__ = (
        Index(None, "project_id", "start_unix_ns", "trace_id"),
        Index(None, "project_id", "duration_ns", "trace_id"),
        Index(None, "last_received_at"),
        Index("ix_trace_unsettled", "project_id", postgresql_where=text("NOT is_settled")),
    )

    project_id: Mapped[ProjectId] = mapped_column(primary_key=True)
    trace_id: Mapped[bytes] = mapped_column(primary_key=True)
    root_name: Mapped[str | None]
    services: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    start_unix_ns: Mapped[int] = mapped_column(BigInteger)
    end_unix_ns: Mapped[int] = mapped_column(BigInteger)
    duration_ns: Mapped[int] = mapped_column(BigInteger)
    span_count: Mapped[int] = mapped_column(BigInteger)
    error_count: Mapped[int] = mapped_column(BigInteger)
    first_received_at: Mapped[datetime]
    last_received_at: Mapped[datetime]
    is_settled: Mapped[bool] = mapped_column(server_default="true")


SORT_COLUMNS: dict[TraceSort, InstrumentedAttribute[int]] = {
    TraceSort.STARTED_AT: TraceRow.start_unix_ns,
    TraceSort.DURATION: TraceRow.duration_ns,
}


async def get(session: AsyncSession, project_id: UUID, trace_id: str) -> TraceSummary | None:
    """Return one trace, None when none of its spans has come in."""
    row = await session.get(TraceRow, (project_id, bytes.fromhex(trace_id)))
    return None if row is None else _to_summary(row)


async def summaries(session: AsyncSession, project_id: UUID, trace_ids: list[str]) -> tuple[TraceSummary, ...]:
    """Return those of the traces that are there, by their start."""
    ids = array_of([bytes.fromhex(trace_id) for trace_id in trace_ids], bytes)
    query = select(TraceRow).where(TraceRow.project_id == project_id, TraceRow.trace_id == any_(ids))
    rows = await session.scalars(query.order_by(TraceRow.start_unix_ns, TraceRow.trace_id))
    return tuple(_to_summary(row) for row in rows)


async def list_page(session: AsyncSession, project_id: UUID, query: TraceQuery) -> Page[TraceSummary]:
    """Return one page of the project's traces. Raises InvalidInput for a cursor of another list or order."""
    matching = conditions(project_id, query)
    total = (await session.execute(select(func.count()).select_from(TraceRow).where(*matching))).scalar_one()
    place = tuple_(SORT_COLUMNS[query.sort_by], TraceRow.trace_id)
    order = [column.desc() if query.is_descending else column.asc() for column in place.clauses]
    rows = select(TraceRow).where(*matching).order_by(*order).limit(query.limit + 1)
    if query.after is not None:
        last = _place_of(query)
        rows = rows.where(place < last if query.is_descending else place > last)
    found = (await session.scalars(rows)).all()
    items = tuple(_to_summary(row) for row in found[: query.limit])
    next_cursor = None
    if len(found) > query.limit:
        last_row = found[query.limit - 1]
        value = getattr(last_row, SORT_COLUMNS[query.sort_by].key)
        next_cursor = encode_cursor(query.sort_by.value, query.is_descending, value, last_row.trace_id.hex())
    return Page(items=items, next_cursor=next_cursor, total=total)


def conditions(project_id: UUID, query: TraceQuery) -> list[ColumnElement[bool]]:
    """Return what the traces of the list must meet, wherever the page begins."""
    shown = [TraceRow.trace_id.in_(_showing(project_id, name, value)) for name, value in query.attributes.items()]
    return [TraceRow.project_id == project_id, *shown, *_filters(query)]


async def expire(
    session: AsyncSession, *, received_before: datetime, limit: int, project_id: UUID | None = None
) -> int:
    """Delete traces that got their last span before a moment, of one project or of all; return how many were."""
    query = select(TraceRow.project_id, TraceRow.trace_id).where(TraceRow.last_received_at < received_before)
    if project_id is not None:
        query = query.where(TraceRow.project_id == project_id)
    found = await session.execute(query.limit(limit).with_for_update(skip_locked=True))
    expired = [(row.project_id, row.trace_id) for row in found]
    await remove(session, expired)
    return len(expired)


async def count_expired(session: AsyncSession, project_id: UUID, *, received_before: datetime) -> int:
    """Return how many traces of a project got their last span before a moment."""
    query = select(func.count()).select_from(TraceRow)
    query = query.where(TraceRow.project_id == project_id, TraceRow.last_received_at < received_before)
    return int((await session.execute(query)).scalar_one())


async def remove(session: AsyncSession, traces: Sequence[tuple[UUID, bytes]]) -> None:
    """Delete traces, named by project and id, with all that is theirs."""
    if not traces:
        return
    for row in (SpanRow, SpanOriginRow, TraceKeyRow, TraceLinkRow, TraceRow):
        statement = delete(row).where(tuple_(row.project_id, row.trace_id).in_(traces))
        await session.execute(statement.execution_options(synchronize_session=False))


def _filters(query: TraceQuery) -> list[ColumnElement[bool]]:
    filters: list[ColumnElement[bool]] = []
    if query.started_from is not None:
        filters.append(TraceRow.start_unix_ns >= to_unix_ns(query.started_from))
    if query.started_before is not None:
        filters.append(TraceRow.start_unix_ns < to_unix_ns(query.started_before))
    if query.min_duration_ms is not None:
        filters.append(TraceRow.duration_ns >= query.min_duration_ms * NS_PER_MS)
    if query.max_duration_ms is not None:
        filters.append(TraceRow.duration_ns <= query.max_duration_ms * NS_PER_MS)
    if query.status is SpanStatus.ERROR:
        filters.append(TraceRow.error_count > 0)
    of_span = _span_filters(query)
    if of_span:
        filters.append(
            exists().where(SpanRow.project_id == TraceRow.project_id, SpanRow.trace_id == TraceRow.trace_id, *of_span)
        )
    link = and_(TraceLinkRow.project_id == TraceRow.project_id, TraceLinkRow.trace_id == TraceRow.trace_id)
    if query.call_id is not None:
        filters.append(exists().where(link, TraceLinkRow.call_id == query.call_id))
    if query.is_matched is not None:
        is_linked = exists().where(link)
        filters.append(is_linked if query.is_matched else ~is_linked)
    return filters


def _showing(project_id: UUID, name: str, value: AttributeValue) -> CompoundSelect[tuple[bytes]]:
    """Return the traces that show an attribute anywhere: what indexes find, before spans are looked at one by one."""
    wanted = literal_value({name: value}, JSONB)
    of_spans = select(SpanRow.trace_id).where(SpanRow.project_id == project_id, SpanRow.attributes.contains(wanted))
    of_resources = select(SpanOriginRow.trace_id).where(
        SpanOriginRow.project_id == project_id, SpanOriginRow.resource_attributes.contains(wanted)
    )
    return union(of_spans, of_resources)


def _span_filters(query: TraceQuery) -> list[ColumnElement[bool]]:
    filters: list[ColumnElement[bool]] = []
    if query.name is not None:
        filters.append(SpanRow.name == query.name)
    if query.service is not None:
        filters.append(SpanRow.service == query.service)
    if query.status is not None:
        filters.append(SpanRow.status == query.status.value)
    for name, value in query.attributes.items():
        wanted = literal_value({name: value}, JSONB)
        of_resource = exists().where(
            SpanOriginRow.project_id == SpanRow.project_id,
            SpanOriginRow.trace_id == SpanRow.trace_id,
            SpanOriginRow.digest == SpanRow.origin_digest,
            SpanOriginRow.resource_attributes.contains(wanted),
        )
        filters.append(or_(SpanRow.attributes.contains(wanted), of_resource))
    return filters


def _place_of(query: TraceQuery) -> Any:  # noqa: ANN401 - SQLAlchemy's pair of two types
    sort_by, is_descending, value, trace_id = decode_cursor(query.after or "", size=4)
    try:
        last_id = bytes.fromhex(trace_id)
    except (ValueError, TypeError) as error:
        raise unknown_cursor() from error
    is_place = type(value) is int and len(last_id) == TRACE_ID_BYTES
    if not is_place or (sort_by, is_descending) != (query.sort_by.value, query.is_descending):
        raise unknown_cursor()
    return tuple_(literal_value(value, BigInteger), literal_value(last_id))


def _to_summary(row: TraceRow) -> TraceSummary:
    return TraceSummary(
        trace_id=row.trace_id.hex(),
        root_name=row.root_name,
        services=tuple(service for service in row.services if service),
        start_unix_ns=row.start_unix_ns,
        end_unix_ns=row.end_unix_ns,
        span_count=row.span_count,
        error_count=row.error_count,
        first_received_at=row.first_received_at,
        last_received_at=row.last_received_at,
    )
