"""Calls that integrations send while they run: which of our calls each is, and what is still open about it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Select, UniqueConstraint, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.call import Role
from callscope.core.conversation import Segment
from callscope.core.ids import new_id
from callscope.core.integration import HeardSoFar, Integration, PcmFormat
from callscope.storage.base import Base, CallId, Id, ProjectId
from callscope.storage.live_chunks import LiveChunkRow

STILL_RUNNING = text("ended_at IS NULL AND swept_at IS NULL")


class LiveCallRow(Base):
    """One call as its sender names it.

    `ended_at` is when its end came in, `swept_at` when it was closed without one. `assembled_at` is when its chunks
    were last put together into a recording; `heard` is what was heard in them before.
    """

    __tablename__ = "live_call"
    __table_args__ = (
        UniqueConstraint("project_id", "integration", "call_ref"),
        Index("ix_live_call_running", "last_heard_at", postgresql_where=STILL_RUNNING),
        Index("ix_live_call_assembled_at", "assembled_at", postgresql_where=text("assembled_at IS NOT NULL")),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    integration: Mapped[str]
    call_ref: Mapped[str]
    call_id: Mapped[CallId] = mapped_column(unique=True)
    last_heard_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    swept_at: Mapped[datetime | None]
    sample_rate_hz: Mapped[int | None]
    channel_count: Mapped[int | None]
    assembled_at: Mapped[datetime | None]
    heard: Mapped[Any | None] = mapped_column(JSONB)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCall:
    """One call as its sender names it; see `LiveCallRow`."""

    id: UUID
    project_id: UUID
    integration: Integration
    call_ref: str
    call_id: UUID
    ended_at: datetime | None
    swept_at: datetime | None
    pcm: PcmFormat | None
    assembled_at: datetime | None

    @property
    def is_running(self) -> bool:
        """Whether its end neither came in nor is waited for any more."""
        return self.ended_at is None and self.swept_at is None


async def hold(session: AsyncSession, project_id: UUID, integration: Integration, call_ref: str) -> None:
    """Keep others away from the call of that name until the transaction ends, whether it exists or not."""
    name = f"{project_id} {integration} {call_ref}"
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


async def find(session: AsyncSession, project_id: UUID, integration: Integration, call_ref: str) -> LiveCall | None:
    """Return the call of that name and keep others from changing it until the transaction ends."""
    query = select(LiveCallRow).where(
        LiveCallRow.project_id == project_id,
        LiveCallRow.integration == integration.value,
        LiveCallRow.call_ref == call_ref,
    )
    return await _one(session, query.with_for_update())


async def of_call(session: AsyncSession, call_id: UUID) -> LiveCall | None:
    """Return how a call came in live, None when it did not."""
    return await _one(session, select(LiveCallRow).where(LiveCallRow.call_id == call_id))


async def add(
    session: AsyncSession, *, project_id: UUID, integration: Integration, call_ref: str, call_id: UUID, at: datetime
) -> LiveCall:
    """Note that `call_id` is the call of that name."""
    live_call = LiveCall(
        id=new_id(),
        project_id=project_id,
        integration=integration,
        call_ref=call_ref,
        call_id=call_id,
        ended_at=None,
        swept_at=None,
        pcm=None,
        assembled_at=None,
    )
    values = {"project_id": project_id, "integration": integration.value, "call_ref": call_ref, "call_id": call_id}
    await session.execute(insert(LiveCallRow).values(id=live_call.id, last_heard_at=at, **values))
    return live_call


async def touch(session: AsyncSession, live_call_id: UUID, *, at: datetime) -> None:
    """Note that the call was heard of."""
    await _change(session, live_call_id, last_heard_at=at)


async def mark_ended(session: AsyncSession, live_call_id: UUID, *, at: datetime, pcm: PcmFormat | None) -> None:
    """Note that the call's end came in, and how its chunks are to be read."""
    rate_hz, channel_count = (None, None) if pcm is None else (pcm.sample_rate_hz, pcm.channel_count)
    await _change(session, live_call_id, ended_at=at, sample_rate_hz=rate_hz, channel_count=channel_count)


async def mark_swept(session: AsyncSession, live_call_id: UUID, *, at: datetime) -> None:
    """Note that the call was closed without an end."""
    await _change(session, live_call_id, swept_at=at)


async def mark_assembled(session: AsyncSession, call_id: UUID, *, at: datetime | None) -> None:
    """Note that the call's chunks were put together, or with None that there are none any more."""
    statement = update(LiveCallRow).where(LiveCallRow.call_id == call_id).values(assembled_at=at)
    await session.execute(statement.execution_options(synchronize_session=False))


async def read_heard(session: AsyncSession, call_id: UUID) -> HeardSoFar | None:
    """Return what was heard of a call under way, None when nothing was or it is over."""
    query = select(LiveCallRow.heard).where(LiveCallRow.call_id == call_id, STILL_RUNNING)
    document = (await session.execute(query)).scalar_one_or_none()
    return None if document is None else _to_heard(document)


async def write_heard(session: AsyncSession, call_id: UUID, heard: HeardSoFar) -> None:
    """Write what was heard of a call so far."""
    statement = update(LiveCallRow).where(LiveCallRow.call_id == call_id).values(heard=_heard_document(heard))
    await session.execute(statement.execution_options(synchronize_session=False))


async def silent_since(session: AsyncSession, moment: datetime, *, limit: int) -> Sequence[LiveCall]:
    """Return running calls of which nothing came in since a moment, the longest silent first, held to the end."""
    has_chunk_since = (
        select(LiveChunkRow.chunk_index)
        .where(
            LiveChunkRow.project_id == LiveCallRow.project_id,
            LiveChunkRow.integration == LiveCallRow.integration,
            LiveChunkRow.call_ref == LiveCallRow.call_ref,
            LiveChunkRow.requested_at >= moment,
        )
        .exists()
    )
    query = (
        select(LiveCallRow)
        .where(STILL_RUNNING, LiveCallRow.last_heard_at < moment, ~has_chunk_since)
        .order_by(LiveCallRow.last_heard_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return tuple(_to_live_call(row) for row in (await session.execute(query)).scalars())


async def assembled_before(session: AsyncSession, moment: datetime, *, limit: int) -> Sequence[LiveCall]:
    """Return calls whose chunks were put together before a moment and are still kept."""
    query = select(LiveCallRow).where(LiveCallRow.assembled_at < moment).limit(limit).with_for_update(skip_locked=True)
    return tuple(_to_live_call(row) for row in (await session.execute(query)).scalars())


async def _one(session: AsyncSession, query: Select[LiveCallRow]) -> LiveCall | None:
    row = (await session.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()
    return None if row is None else _to_live_call(row)


async def _change(session: AsyncSession, live_call_id: UUID, **values: object) -> None:
    statement = update(LiveCallRow).where(LiveCallRow.id == live_call_id).values(**values)
    await session.execute(statement.execution_options(synchronize_session=False))


def _to_live_call(row: LiveCallRow) -> LiveCall:
    pcm = None
    if row.sample_rate_hz is not None and row.channel_count is not None:
        pcm = PcmFormat(sample_rate_hz=row.sample_rate_hz, channel_count=row.channel_count)
    return LiveCall(
        id=row.id,
        project_id=row.project_id,
        integration=Integration(row.integration),
        call_ref=row.call_ref,
        call_id=row.call_id,
        ended_at=row.ended_at,
        swept_at=row.swept_at,
        pcm=pcm,
        assembled_at=row.assembled_at,
    )


def _heard_document(heard: HeardSoFar) -> dict[str, Any]:
    segments = [[one.role.value, one.start_offset_ms, one.end_offset_ms] for one in heard.segments]
    return {**asdict(heard.pcm), "size_bytes": heard.size_bytes, "segments": segments}


def _to_heard(document: dict[str, Any]) -> HeardSoFar:
    return HeardSoFar(
        pcm=PcmFormat(sample_rate_hz=document["sample_rate_hz"], channel_count=document["channel_count"]),
        size_bytes=document["size_bytes"],
        segments=tuple(
            Segment(role=Role(role), start_offset_ms=start_ms, end_offset_ms=end_ms)
            for role, start_ms, end_ms in document["segments"]
        ),
    )
