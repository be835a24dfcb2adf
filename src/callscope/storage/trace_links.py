"""Which trace belongs to which call: the keys each side shows, and the links made of equal ones."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, any_, delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.trace_query import MatchKey, TraceKey, TraceLink
from callscope.storage.base import Base, CallId, CreatedAt, ProjectId, array_of
from callscope.storage.calls import CallRow
from callscope.storage.statements import execute_prepared


class TraceKeyRow(Base):
    """A key that spans of a trace show. `is_matched` is false until calls that show it were looked for."""

    __tablename__ = "trace_key"
    __table_args__ = (
        Index(None, "project_id", "key", "value"),
        Index("ix_trace_key_unmatched", "project_id", postgresql_where=text("NOT is_matched")),
    )

    project_id: Mapped[ProjectId] = mapped_column(primary_key=True)
    trace_id: Mapped[bytes] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    attribute: Mapped[str]
    is_matched: Mapped[bool] = mapped_column(server_default="false")


class CallKeyRow(Base):
    """A key that a call shows."""

    __tablename__ = "call_key"
    __table_args__ = (Index(None, "project_id", "key", "value"),)

    call_id: Mapped[CallId] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    project_id: Mapped[ProjectId]


class TraceLinkRow(Base):
    """A call and a trace that belong together, by the first key that said so."""

    __tablename__ = "trace_link"
    __table_args__ = (Index(None, "call_id"),)

    project_id: Mapped[ProjectId] = mapped_column(primary_key=True)
    trace_id: Mapped[bytes] = mapped_column(primary_key=True)
    call_id: Mapped[CallId] = mapped_column(primary_key=True)
    key: Mapped[str]
    value: Mapped[str]
    attribute: Mapped[str]
    linked_at: Mapped[CreatedAt]


_JOIN = """
    INSERT INTO trace_link (project_id, trace_id, call_id, key, value, attribute, linked_at)
    SELECT project_id, trace_id, call_id, key, value, trace_key.attribute, %(at)s
    FROM trace_key JOIN call_key USING (project_id, key, value)
    WHERE {side}
    ORDER BY key
    ON CONFLICT DO NOTHING
"""
_MATCH_TRACES = f"""
    WITH open AS (UPDATE trace_key SET is_matched = true WHERE NOT is_matched RETURNING trace_id, project_id)
    {_JOIN.format(side="(trace_key.project_id, trace_key.trace_id) IN (SELECT project_id, trace_id FROM open)")}
"""  # noqa: S608 - our own words
_MATCH_CALL = _JOIN.format(side="call_key.call_id = %(call_id)s")


_SETTLE = """
    WITH unsettled AS MATERIALIZED (
        SELECT project_id, trace_id FROM trace WHERE NOT is_settled FOR UPDATE SKIP LOCKED
    ), settled AS (
        UPDATE trace SET is_settled = true FROM unsettled
        WHERE (trace.project_id, trace.trace_id) = (unsettled.project_id, unsettled.trace_id)
        RETURNING trace.project_id, trace.trace_id
    )
    SELECT DISTINCT project_id, call_id FROM trace_link JOIN settled USING (project_id, trace_id)
"""
"""A trace that is locked is being written to by another drain, which settles it afterwards."""


async def add_trace_keys(session: AsyncSession, project_id: UUID, keys: Mapping[str, Collection[TraceKey]]) -> None:
    """Write the keys of traces that came in. Matching looks at them once this is committed."""
    rows = [
        {
            "project_id": project_id,
            "trace_id": bytes.fromhex(trace_id),
            "key": key.key.value,
            "value": key.value,
            "attribute": key.attribute,
        }
        for trace_id, shown in keys.items()
        for key in shown
    ]
    if rows:
        await session.execute(insert(TraceKeyRow).values(rows).on_conflict_do_nothing())


async def match_traces(session: AsyncSession, *, at: datetime) -> None:
    """Link every trace with a key that was not matched yet.

    Trace keys and call keys are each committed before their side is matched, in transactions of their own: whichever
    side comes second finds the other.
    """
    await execute_prepared(session, _MATCH_TRACES, {"at": at})


async def match_call(session: AsyncSession, call_id: UUID, *, at: datetime) -> None:
    """Link every trace that shows a key of the call."""
    await execute_prepared(session, _MATCH_CALL, {"call_id": call_id, "at": at})


async def settle(session: AsyncSession) -> tuple[tuple[UUID, UUID], ...]:
    """Mark traces that got spans as settled; return project and id of the calls they are linked to."""
    return tuple((row.project_id, row.call_id) for row in await session.execute(text(_SETTLE)))


async def link_by_hand(session: AsyncSession, *, project_id: UUID, trace_id: str, call_id: UUID, at: datetime) -> None:
    """Link a trace and a call because somebody says so; a link that is there stays as it is."""
    values = {
        "project_id": project_id,
        "trace_id": bytes.fromhex(trace_id),
        "call_id": call_id,
        "key": MatchKey.MANUAL.value,
        "value": "",
        "attribute": "",
        "linked_at": at,
    }
    await session.execute(insert(TraceLinkRow).values(values).on_conflict_do_nothing())


async def unlink(session: AsyncSession, *, project_id: UUID, trace_id: str, call_id: UUID) -> bool:
    """Remove a link; return whether there was one."""
    statement = delete(TraceLinkRow).where(
        TraceLinkRow.project_id == project_id,
        TraceLinkRow.trace_id == bytes.fromhex(trace_id),
        TraceLinkRow.call_id == call_id,
    )
    removed = await session.execute(
        statement.returning(TraceLinkRow.call_id).execution_options(synchronize_session=False)
    )
    return removed.first() is not None


async def of_call(session: AsyncSession, project_id: UUID, call_id: UUID) -> tuple[TraceLink, ...]:
    """Return the links of a call, oldest first."""
    query = select(TraceLinkRow).where(TraceLinkRow.project_id == project_id, TraceLinkRow.call_id == call_id)
    rows = await session.scalars(query.order_by(TraceLinkRow.linked_at, TraceLinkRow.trace_id))
    return tuple(_to_link(row) for row in rows)


async def of_traces(
    session: AsyncSession, project_id: UUID, trace_ids: Iterable[str]
) -> dict[str, tuple[TraceLink, ...]]:
    """Return the links of these traces to calls that are not deleted."""
    ids = array_of([bytes.fromhex(trace_id) for trace_id in trace_ids], bytes)
    query = (
        select(TraceLinkRow)
        .join(CallRow, CallRow.id == TraceLinkRow.call_id)
        .where(TraceLinkRow.project_id == project_id, TraceLinkRow.trace_id == any_(ids), CallRow.deleted_at.is_(None))
        .order_by(TraceLinkRow.linked_at, TraceLinkRow.call_id)
    )
    found: dict[str, tuple[TraceLink, ...]] = {}
    for row in await session.scalars(query):
        link = _to_link(row)
        found[link.trace_id] = (*found.get(link.trace_id, ()), link)
    return found


def _to_link(row: TraceLinkRow) -> TraceLink:
    return TraceLink(
        trace_id=row.trace_id.hex(),
        call_id=row.call_id,
        key=MatchKey(row.key),
        value=row.value,
        attribute=row.attribute,
        linked_at=row.linked_at,
    )
