"""Notes that people write on calls."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.errors import InvalidInput, NotFound
from callscope.core.ids import new_id
from callscope.core.saved_view import CallNote
from callscope.services.calls import require_call
from callscope.storage import call_notes

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

MAX_TEXT_LENGTH = 4000


class NoteNotFound(NotFound):
    """The call has no such note."""


async def add(
    session: "AsyncSession",
    project_id: UUID,
    call_id: UUID,
    *,
    author: str,
    text: str,
    at_offset_ms: int | None,
    now: datetime,
) -> CallNote:
    """Write a note on a call. Raises CallNotFound, InvalidInput."""
    await require_call(session, project_id, call_id)
    text = text.strip()
    if not 0 < len(text) <= MAX_TEXT_LENGTH:
        raise InvalidInput.at("text", message=f"`text` must have 1 to {MAX_TEXT_LENGTH} characters.")
    note = CallNote(id=new_id(), call_id=call_id, author=author, text=text, at_offset_ms=at_offset_ms, created_at=now)
    await call_notes.add(session, note)
    return note


async def of_call(session: "AsyncSession", project_id: UUID, call_id: UUID) -> tuple[CallNote, ...]:
    """Return the notes of a call, oldest first. Raises CallNotFound."""
    await require_call(session, project_id, call_id)
    return await call_notes.of_call(session, call_id)


async def remove(session: "AsyncSession", project_id: UUID, call_id: UUID, note_id: UUID) -> None:
    """Remove a note. Raises CallNotFound, NoteNotFound."""
    await require_call(session, project_id, call_id)
    if not await call_notes.remove(session, call_id, note_id):
        raise NoteNotFound(f"Call {call_id} has no note {note_id}.", param="noteId")
