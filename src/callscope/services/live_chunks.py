"""The recording of a running call, chunk by chunk: announced, uploaded under a signed address, kept until assembled."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from callscope.core.errors import CallscopeError
from callscope.core.integration import Integration, LiveChunk
from callscope.services import analyses
from callscope.services.signing import UPLOAD_CHUNK, Signer
from callscope.storage import live_calls, live_chunks
from callscope.storage.live_calls import LiveCall
from callscope.storage.live_chunks import ChunkName
from callscope.storage.objects import Objects, StoredObject

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

UPLOAD_LIFETIME = timedelta(minutes=15)
CLEARED_AT_ONCE = 100


class ChunksOutstanding(CallscopeError):
    """Chunks that were announced have not arrived, and may be under way."""

    code = "chunks_outstanding"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadTicket:
    """What lets its bearer upload one chunk: the chunk's name and the signature's query parameters."""

    name: ChunkName
    expires: str
    signature: str


async def announce(session: "AsyncSession", signer: Signer, name: ChunkName, *, now: datetime) -> UploadTicket:
    """Note that a chunk is about to come, and return what its upload needs."""
    await live_chunks.expect(session, name, at=now)
    query = signer.sign(UPLOAD_CHUNK, _subject(name), expires_in=UPLOAD_LIFETIME)
    return UploadTicket(name=name, expires=query["expires"], signature=query["signature"])


def check(signer: Signer, ticket: UploadTicket) -> None:
    """Raise SignatureInvalid unless the ticket is ours, for this chunk, and still good."""
    signer.check(UPLOAD_CHUNK, _subject(ticket.name), expires=ticket.expires, signature=ticket.signature)


async def store(objects: Objects, name: ChunkName, content: AsyncIterator[bytes], *, max_bytes: int) -> StoredObject:
    """Stream an upload to the object store. Raises ObjectTooLarge."""
    prefix = folder_of(name.project_id, name.integration, name.call_ref)
    return await objects.put(f"{prefix}{name.chunk_index}-{uuid4().hex}", content, max_bytes=max_bytes)


async def keep(session: "AsyncSession", name: ChunkName, stored: StoredObject, *, now: datetime) -> None:
    """Make a stored upload the chunk's content, in place of an earlier one.

    One that comes when the recording was put together already has the call analysed again.
    """
    await live_chunks.keep(session, name, object_key=stored.key, size_bytes=stored.size_bytes, at=now)
    live = await live_calls.find(session, name.project_id, name.integration, name.call_ref)
    if live is not None and live.assembled_at is not None:
        await live_calls.mark_assembled(session, live.call_id, at=None)
        await analyses.cancel(session, project_id=live.project_id, call_ids=[live.call_id], at=now)
        await analyses.begin(session, live.project_id, live.call_id, at=now)


async def note_broken_off(session: "AsyncSession", name: ChunkName, *, size_bytes: int, now: datetime) -> None:
    """Note how large an upload that broke off would have been: so long is the silence in its place."""
    await live_chunks.note_size(session, name, size_bytes=size_bytes, at=now)


async def begin_assembling(session: "AsyncSession", call_id: UUID, *, now: datetime) -> None:
    """Note that the call's chunks are put together: from now on one that arrives is a late one."""
    await live_calls.mark_assembled(session, call_id, at=now)


async def of_call(session: "AsyncSession", call_id: UUID) -> tuple[LiveCall, Sequence[LiveChunk]] | None:
    """Return how a call came in and its chunks in their order, those that never arrived included.

    None for a call that did not come in live.
    """
    live = await live_calls.of_call(session, call_id)
    if live is None:
        return None
    return live, await live_chunks.of_call(session, live.project_id, live.integration, live.call_ref)


async def clear(session: "AsyncSession", objects: Objects, *, assembled_before: datetime) -> int:
    """Delete chunks that have been part of a recording since before a moment; return of how many calls, at most some.

    A late one could have changed the recording until then.
    """
    done = await live_calls.assembled_before(session, assembled_before, limit=CLEARED_AT_ONCE)
    for live in done:
        for key in await objects.keys(folder_of(live.project_id, live.integration, live.call_ref)):
            await objects.delete(key)
        await live_chunks.forget(session, live.project_id, live.integration, live.call_ref)
        await live_calls.mark_assembled(session, live.call_id, at=None)
    return len(done)


def folder_of(project_id: UUID, integration: Integration, call_ref: str) -> str:
    """Return the prefix under which the chunks of a call lie; the sender's id of it may hold any character."""
    digest = hashlib.sha256(f"{integration} {call_ref}".encode()).hexdigest()
    return f"projects/{project_id}/chunks/{digest}/"


def _subject(name: ChunkName) -> str:
    return f"{name.project_id} {name.integration} {name.chunk_index} {name.call_ref}"
