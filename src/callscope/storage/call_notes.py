"""Notes that people write on calls."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped

from callscope.core.saved_view import CallNote
from callscope.storage.base import Base, CallId, Id, Milliseconds


class CallNoteRow(Base):
    """One note."""

    __tablename__ = "call_note"
    __table_args__ = (Index(None, "call_id", "created_at"),)

    id: Mapped[Id]
    call_id: Mapped[CallId]
    author: Mapped[str]
    text: Mapped[str]
    at_offset_ms: Mapped[Milliseconds | None]
    created_at: Mapped[datetime]


async def add(session: AsyncSession, note: CallNote) -> None:
    """Keep a note. The call must have been scoped to a project."""
    statement = insert(CallNoteRow).values(
        id=note.id,
        call_id=note.call_id,
        author=note.author,
        text=note.text,
        at_offset_ms=note.at_offset_ms,
        created_at=note.created_at,
    )
    await session.execute(statement)


async def of_call(session: AsyncSession, call_id: UUID) -> tuple[CallNote, ...]:
    """Return the notes of a call, oldest first. The call must have been scoped to a project."""
    query = select(CallNoteRow).where(CallNoteRow.call_id == call_id).order_by(CallNoteRow.created_at, CallNoteRow.id)
    return tuple(
        CallNote(
            id=row.id,
            call_id=row.call_id,
            author=row.author,
            text=row.text,
            at_offset_ms=row.at_offset_ms,
            created_at=row.created_at,
        )
        for row in (await session.execute(query)).scalars()
    )


async def remove(session: AsyncSession, call_id: UUID, note_id: UUID) -> bool:
    """Remove a note of a call; return whether there was one. The call must have been scoped to a project."""
    statement = delete(CallNoteRow).where(CallNoteRow.call_id == call_id, CallNoteRow.id == note_id)
    return (await session.execute(statement.returning(CallNoteRow.id))).first() is not None
