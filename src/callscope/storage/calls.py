"""Calls: the row, and the queries that read calls with their participants."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Index,
    Select,
    any_,
    func,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.call import Call, CallDirection, CallStatus, EndedStatus, InterfaceType, PropertyValue
from callscope.storage import agents, customers
from callscope.storage.base import Base, CreatedAt, EmptyObject, Id, Milliseconds, ProjectId, array_of

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
        Index(
            "ix_call_property_values",
            "properties",
            postgresql_using="gin",
            postgresql_ops={"properties": "jsonb_path_ops"},
        ),
        Index("ix_call_deleted_at", "deleted_at", postgresql_where=text("deleted_at IS NOT NULL")),
        Index(
            "ix_call_project_id_live",
            "project_id",
            "started_at",
            postgresql_where=text("deleted_at IS NULL AND status <> 'ENDED'"),
        ),
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
    recording_url: Mapped[str | None]
    stereo_recording_url: Mapped[str | None]
    properties: Mapped[EmptyObject]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    deleted_at: Mapped[datetime | None]


async def exists_visible(session: AsyncSession, project_id: UUID, call_id: UUID) -> bool:
    """Tell whether the project has that call."""
    query = select(CallRow.id).where(*visible(project_id), CallRow.id == call_id)
    return (await session.execute(query)).first() is not None


async def get(session: AsyncSession, project_id: UUID, call_id: UUID) -> Call | None:
    """Return the call, None when the project has no such call."""
    query = select(CallRow).where(*visible(project_id), CallRow.id == call_id)
    return next(iter(await load(session, query)), None)


async def recording_addresses(
    session: AsyncSession, call_ids: Collection[UUID]
) -> dict[UUID, tuple[str | None, str | None]]:
    """Return where the recordings of calls came from, the main and the stereo one. The ids must have been scoped."""
    query = select(CallRow.id, CallRow.recording_url, CallRow.stereo_recording_url).where(
        CallRow.id == any_(array_of(call_ids, UUID))
    )
    return {call_id: (main, stereo) for call_id, main, stereo in await session.execute(query)}


async def taken_ids(session: AsyncSession, call_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return which of these ids calls bear, deleted ones included, with the projects those belong to."""
    query = select(CallRow.id, CallRow.project_id).where(CallRow.id == any_(array_of(call_ids, UUID)))
    return dict((await session.execute(query)).all())


async def set_duration(session: AsyncSession, call_id: UUID, duration_ms: int, *, at: datetime) -> None:
    """Record how long the call lasted; its end follows from its start."""
    values = {
        "duration_ms": duration_ms,
        "ended_at": CallRow.started_at + timedelta(milliseconds=duration_ms),
        "updated_at": at,
    }
    statement = update(CallRow).where(CallRow.id == call_id).values(values)
    await session.execute(statement.execution_options(synchronize_session=False))


async def set_headline(session: AsyncSession, call_id: UUID, *, title: str, summary: str, at: datetime) -> None:
    """Give the call a title and a summary where it has none of its own."""
    values = {
        "title": func.coalesce(CallRow.title, title),
        "summary": func.coalesce(CallRow.summary, summary),
        "updated_at": at,
    }
    statement = update(CallRow).where(CallRow.id == call_id).values(values)
    await session.execute(statement.execution_options(synchronize_session=False))


async def replace_headline(session: AsyncSession, call_id: UUID, *, title: str, summary: str, at: datetime) -> None:
    """Give the call another title and summary. The id must have been scoped to a project."""
    statement = update(CallRow).where(CallRow.id == call_id).values(title=title, summary=summary, updated_at=at)
    await session.execute(statement.execution_options(synchronize_session=False))


async def lock(session: AsyncSession, project_id: UUID, call_id: UUID) -> bool:
    """Keep every other transaction from changing the call until this one ends; return whether there is one."""
    query = select(CallRow.id).where(*visible(project_id), CallRow.id == call_id).with_for_update()
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
    ids = select(CallRow.id).where(*visible(project_id), CallRow.id == any_(array_of(call_ids, UUID)))
    # In one order everywhere: two transactions that wait for each other's calls would be a deadlock.
    locked = ids.order_by(CallRow.id).with_for_update().cte("locked")
    statement = update(CallRow).where(CallRow.id.in_(select(locked.c.id))).values(deleted_at=at).returning(CallRow.id)
    return set((await session.execute(statement.execution_options(synchronize_session=False))).scalars())


async def live(session: AsyncSession, project_id: UUID, *, limit: int) -> tuple[Call, ...]:
    """Return the calls under way, the one begun last first."""
    is_live = CallRow.status != CallStatus.ENDED.value
    query = select(CallRow).where(*visible(project_id), is_live).order_by(CallRow.started_at.desc(), CallRow.id.desc())
    return await load(session, query.limit(limit))


def visible(project_id: UUID) -> tuple[ColumnElement[bool], ...]:
    """Return what holds of a project's calls that are not deleted."""
    return (CallRow.project_id == project_id, CallRow.deleted_at.is_(None))


async def load(session: AsyncSession, query: Select[CallRow]) -> tuple[Call, ...]:
    """Return the calls of a query with their participants, in its order."""
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
