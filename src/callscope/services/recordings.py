"""The recordings of a call: named when it is created, fetched later, played by signed URL."""

from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.recording import Recording, RecordingKind
from callscope.storage import recordings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


async def register(
    session: "AsyncSession", *, project_id: UUID, call_id: UUID, recording_url: str, stereo_recording_url: str | None
) -> None:
    """Note where the recordings of a new call are to be fetched from. The URLs have been checked."""
    urls = {RecordingKind.MAIN: recording_url, RecordingKind.STEREO: stereo_recording_url}
    for kind, url in urls.items():
        if url is not None:
            await recordings.add(session, project_id=project_id, call_id=call_id, kind=kind, source_url=url)


async def of_call(session: "AsyncSession", project_id: UUID, call_id: UUID) -> tuple[Recording, ...]:
    """Return the recordings of a call, the main one first."""
    return await recordings.of_call(session, project_id=project_id, call_id=call_id)


def best_for_measuring(found: tuple[Recording, ...]) -> Recording | None:
    """Return the recording to measure and to play: the two-channel one when there is one."""
    by_kind = {recording.kind: recording for recording in found}
    return by_kind.get(RecordingKind.STEREO) or by_kind.get(RecordingKind.MAIN)
