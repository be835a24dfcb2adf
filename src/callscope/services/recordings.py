"""The recordings of a call: fetched by the pipeline, measured and played from the object store."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.audio.errors import NotAudio
from callscope.core.errors import NotFound
from callscope.core.recording import Recording, RecordingFile, RecordingKind
from callscope.outbound.containers import SNIFFED_BYTES, sniff
from callscope.services import calls, redaction
from callscope.storage import project_rules, recordings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from callscope.storage.objects import Objects


REMOVED_AT_ONCE = 100


class RecordingNotFound(NotFound):
    """No such recording, or its call was deleted."""


async def read(session: "AsyncSession", recording_id: UUID) -> Recording:
    """Return one recording, whoever's it is: the caller has checked a signature that names it."""
    found = await recordings.read(session, recording_id)
    if found is None or found.is_withheld:
        raise RecordingNotFound("This recording does not exist any more, or is being masked.")
    return found


async def read_original(session: "AsyncSession", project_id: UUID, call_id: UUID) -> Recording:
    """Return the recording of a call to play, as it came in. Raises CallNotFound, RecordingNotFound."""
    await calls.require_call(session, project_id, call_id)
    best = best_for_measuring(await recordings.of_call(session, project_id=project_id, call_id=call_id))
    if best is None:
        raise RecordingNotFound("There is no recording of this call.")
    if not (await project_rules.read(session, project_id)).keeps_original_recordings:
        raise RecordingNotFound(
            "Originals are not kept; `keepsOriginalRecordings` of PATCH /v1/project/rules keeps them."
        )
    return best if best.original is None else replace(best, **asdict(best.original), original=None)


async def sources(session: "AsyncSession", call_id: UUID) -> Mapping[RecordingKind, str]:
    """Return where the call's recordings are to be fetched from; none for a call that is gone. Never log the URLs."""
    return await recordings.sources_of_call(session, call_id)


async def store(objects: "Objects", key: str, chunks: AsyncIterator[bytes], *, max_bytes: int) -> RecordingFile:
    """Stream a recording into the object store. Raises NotAudio, ObjectTooLarge; then nothing is stored."""
    first = await _read_first(chunks)
    content_type = _tell(first)
    stored = await objects.put(key, _rejoined(first, chunks), max_bytes=max_bytes)
    return RecordingFile(
        object_key=stored.key, sha256=stored.sha256, size_bytes=stored.size_bytes, content_type=content_type
    )


async def keep(session: "AsyncSession", recording: Recording) -> None:
    """Make a fetched recording the call's one of its kind; where its project masks, it is not played before it is."""
    kinds = await redaction.kinds_of(session, recording.project_id)
    await recordings.save(session, replace(recording, is_withheld=bool(kinds)))


async def publish(session: "AsyncSession", recording: Recording, masked: RecordingFile | None) -> None:
    """Let a recording be played, masked where something had to be."""
    await recordings.publish(session, recording.id, masked)


async def remove_unwanted_originals(session: "AsyncSession", objects: "Objects") -> int:
    """Delete originals of masked recordings that their projects do not want kept; return how many, at most some."""
    unwanted = await recordings.unwanted_originals(session, limit=REMOVED_AT_ONCE)
    for key in unwanted.values():
        await objects.delete(key)
    await recordings.forget_originals(session, tuple(unwanted))
    return len(unwanted)


async def of_call(session: "AsyncSession", project_id: UUID, call_id: UUID) -> tuple[Recording, ...]:
    """Return the fetched recordings of a call, the main one first."""
    return await recordings.of_call(session, project_id=project_id, call_id=call_id)


async def to_play(session: "AsyncSession", call_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Return the id of the recording to play of each call that has one. The ids must have been scoped to a project."""
    best = {
        call_id: best_for_measuring(found) for call_id, found in (await recordings.of_calls(session, call_ids)).items()
    }
    return {
        call_id: recording.id
        for call_id, recording in best.items()
        if recording is not None and not recording.is_withheld
    }


def best_for_measuring(found: tuple[Recording, ...]) -> Recording | None:
    """Return the recording to measure and to play: the two-channel one when there is one."""
    by_kind = {recording.kind: recording for recording in found}
    return by_kind.get(RecordingKind.STEREO) or by_kind.get(RecordingKind.MAIN)


def _tell(first: bytes) -> str:
    if not first:
        raise NotAudio("The recording is an empty file.")
    content_type = sniff(first)
    if content_type is None:
        raise NotAudio("The recording is in no known audio format; send WAV, MP3, MP4/M4A or OGG.")
    return content_type


async def _read_first(chunks: AsyncIterator[bytes]) -> bytes:
    first = bytearray()
    async for chunk in chunks:
        first += chunk
        if len(first) >= SNIFFED_BYTES:
            break
    return bytes(first)


async def _rejoined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk
