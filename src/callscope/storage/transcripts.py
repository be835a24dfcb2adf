"""Transcripts: per call at most one of each source, each a list of entries in call order."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint, any_, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.call import Role
from callscope.core.ids import new_id
from callscope.core.transcript import Transcript, TranscriptEntry, TranscriptOutline, TranscriptSource
from callscope.storage.base import Base, CallId, CreatedAt, Id, Milliseconds, array_of


class TranscriptRow(Base):
    """One source's account of a call."""

    __tablename__ = "transcript"
    __table_args__ = (UniqueConstraint("call_id", "source"),)

    id: Mapped[Id]
    call_id: Mapped[CallId]
    source: Mapped[str]
    created_at: Mapped[CreatedAt]


class TranscriptEntryRow(Base):
    """One stretch of words. `participant_id` is the id of a call's agent or customer part, None when unknown."""

    __tablename__ = "transcript_entry"

    transcript_id: Mapped[UUID] = mapped_column(ForeignKey("transcript.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID]
    role: Mapped[str]
    participant_id: Mapped[UUID | None]
    text: Mapped[str]
    start_offset_ms: Mapped[Milliseconds]
    end_offset_ms: Mapped[Milliseconds]
    language_code: Mapped[str | None]
    payload: Mapped[dict[str, Any] | None]
    heard_start_ms: Mapped[Milliseconds | None]
    heard_end_ms: Mapped[Milliseconds | None]
    masked: Mapped[list[list[float]] | None] = mapped_column(JSONB(none_as_null=True))


async def sources_of(session: AsyncSession, call_id: UUID) -> dict[TranscriptSource, UUID]:
    """Return the transcripts of a call by source. The id must have been scoped to a project."""
    query = select(TranscriptRow.source, TranscriptRow.id).where(TranscriptRow.call_id == call_id)
    return {TranscriptSource(source): transcript_id for source, transcript_id in await session.execute(query)}


async def made_at(session: AsyncSession, call_id: UUID, source: TranscriptSource) -> datetime | None:
    """Return when a call's transcript of that source was stored, None when there is none."""
    query = select(TranscriptRow.created_at).where(
        TranscriptRow.call_id == call_id, TranscriptRow.source == source.value
    )
    return (await session.execute(query)).scalar_one_or_none()


async def read(session: AsyncSession, transcript_id: UUID, source: TranscriptSource) -> Transcript:
    """Return one transcript with its entries in call order."""
    query = select(TranscriptEntryRow).where(TranscriptEntryRow.transcript_id == transcript_id)
    rows = (await session.execute(query.order_by(TranscriptEntryRow.position))).scalars()
    return Transcript(source=source, entries=tuple(_to_entry(row) for row in rows))


async def outline(
    session: AsyncSession, transcript_id: UUID, source: TranscriptSource, *, entries_per_part: int
) -> TranscriptOutline:
    """Return one transcript without its words."""
    of_transcript = TranscriptEntryRow.transcript_id == transcript_id
    totals = select(func.count(), func.coalesce(func.max(TranscriptEntryRow.end_offset_ms), 0)).where(of_transcript)
    entry_count, end_ms = (await session.execute(totals)).one()
    starts = select(TranscriptEntryRow.start_offset_ms).where(
        of_transcript, TranscriptEntryRow.position % entries_per_part == 0
    )
    part_starts_ms = (await session.execute(starts.order_by(TranscriptEntryRow.position))).scalars()
    return TranscriptOutline(
        source=source, entry_count=entry_count, part_starts_ms=tuple(part_starts_ms), end_ms=end_ms
    )


async def read_entries(
    session: AsyncSession, transcript_id: UUID, *, first: int, count: int
) -> tuple[TranscriptEntry, ...]:
    """Return up to `count` entries from position `first` on, in call order."""
    query = select(TranscriptEntryRow).where(
        TranscriptEntryRow.transcript_id == transcript_id,
        TranscriptEntryRow.position >= first,
        TranscriptEntryRow.position < first + count,
    )
    rows = (await session.execute(query.order_by(TranscriptEntryRow.position))).scalars()
    return tuple(_to_entry(row) for row in rows)


async def save(session: AsyncSession, *, call_id: UUID, transcript: Transcript) -> None:
    """Make `transcript` the call's only one of its source."""
    source = transcript.source.value
    await session.execute(delete(TranscriptRow).where(TranscriptRow.call_id == call_id, TranscriptRow.source == source))
    transcript_id = new_id()
    await session.execute(insert(TranscriptRow).values(id=transcript_id, call_id=call_id, source=source))
    rows = [entry_columns(transcript_id, position, entry) for position, entry in enumerate(transcript.entries)]
    if rows:
        await session.execute(insert(TranscriptEntryRow), rows)


async def save_heard(
    session: AsyncSession, *, transcript_id: UUID, spans: Mapping[int, tuple[int, int] | None]
) -> None:
    """Write where entries, by position, are spoken in the recording, from and to which millisecond; None: nowhere."""
    statement = (
        update(TranscriptEntryRow)
        .where(TranscriptEntryRow.transcript_id == transcript_id, TranscriptEntryRow.position == bindparam("at"))
        .values(heard_start_ms=bindparam("start_ms"), heard_end_ms=bindparam("end_ms"))
    )
    rows = [
        {"at": position, "start_ms": span and span[0], "end_ms": span and span[1]} for position, span in spans.items()
    ]
    if rows:
        await (await session.connection()).execute(statement, rows)


def entry_columns(transcript_id: UUID, position: int, entry: TranscriptEntry) -> dict[str, Any]:
    """Return the row of one entry."""
    return {
        "id": entry.id,
        "transcript_id": transcript_id,
        "position": position,
        "role": entry.role.value,
        "participant_id": entry.participant_id,
        "text": entry.text,
        "start_offset_ms": entry.start_offset_ms,
        "end_offset_ms": entry.end_offset_ms,
        "language_code": entry.language_code,
        "payload": entry.payload,
        "masked": [list(share) for share in entry.masked] or None,
    }


def _to_entry(row: TranscriptEntryRow) -> TranscriptEntry:
    return TranscriptEntry(
        id=row.id,
        role=Role(row.role),
        participant_id=row.participant_id,
        text=row.text,
        start_offset_ms=row.start_offset_ms,
        end_offset_ms=row.end_offset_ms,
        language_code=row.language_code,
        payload=row.payload,
        heard_start_ms=row.heard_start_ms,
        heard_end_ms=row.heard_end_ms,
        masked=tuple((start, end) for start, end in row.masked or ()),
    )


async def first_hits(
    session: AsyncSession, call_ids: Collection[UUID], words: Collection[str]
) -> dict[UUID, TranscriptEntry]:
    """Return, of each call that has one, the first entry with a word that begins with one of `words`.

    `words` are folded: letters and digits only. The ids must have been scoped to a project.
    """
    query = (
        select(TranscriptRow.call_id, TranscriptEntryRow)
        .join(TranscriptEntryRow, TranscriptEntryRow.transcript_id == TranscriptRow.id)
        .where(
            TranscriptRow.call_id == any_(array_of(call_ids, UUID)),
            TranscriptEntryRow.text.regexp_match(rf"\m({'|'.join(words)})", flags="i"),
        )
        .ext(distinct_on(TranscriptRow.call_id))
        .order_by(TranscriptRow.call_id, TranscriptRow.source, TranscriptEntryRow.position)
    )
    return {call_id: _to_entry(row) for call_id, row in await session.execute(query)}
