"""The recordings of a call into the object store: streamed, counted, hashed, told apart by content."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from callscope.audio.errors import NotAudio
from callscope.core.analysis import Analysis
from callscope.core.ids import new_id
from callscope.core.recording import Recording, RecordingKind
from callscope.outbound.containers import SNIFFED_BYTES, sniff
from callscope.pipeline.assembling import assemble
from callscope.pipeline.context import PipelineContext
from callscope.services import recordings
from callscope.storage.objects import recording_key

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedRecordings:
    """Recordings whose bytes lie in the object store and of which the database does not know yet."""

    context: PipelineContext
    fetched: tuple[Recording, ...]

    async def save(self, session: "AsyncSession", analysis: Analysis) -> None:  # noqa: ARG002 - they name their call
        """Make the recordings known."""
        for recording in self.fetched:
            await recordings.keep(session, recording)

    async def discard(self) -> None:
        """Remove the bytes again."""
        for recording in self.fetched:
            await self.context.objects.delete(recording.object_key)


async def fetch_recordings(context: PipelineContext, analysis: Analysis) -> FetchedRecordings:
    """Fetch every recording of the call, or none; what came in chunks is put together.

    Raises FetchFailed, NotAudio, ObjectTooLarge, ChunksOutstanding.
    """
    async with context.sessions() as session:
        sources = await recordings.sources(session, analysis.call_id)
    fetched: list[Recording] = []
    try:
        assembled = await assemble(context, analysis)
        if assembled is not None:
            fetched.append(assembled)
        for kind, url in sources.items():
            fetched.append(await _fetch(context, analysis, kind, url))
    except BaseException:
        await asyncio.shield(FetchedRecordings(context=context, fetched=tuple(fetched)).discard())
        raise
    return FetchedRecordings(context=context, fetched=tuple(fetched))


async def _fetch(context: PipelineContext, analysis: Analysis, kind: RecordingKind, url: str) -> Recording:
    key = recording_key(analysis.project_id, analysis.call_id)
    limits = {"max_bytes": context.max_recording_bytes}
    key_of_provider = next((one.key for one in context.artifact_keys if one.opens(url)), None)
    headers = {} if key_of_provider is None else {"authorization": f"Bearer {key_of_provider}"}
    async with context.outbound.download(url, timeout_s=context.fetch_timeout_s, headers=headers, **limits) as download:
        first = await _read_first(download.chunks)
        content_type = _tell(first)
        stored = await context.objects.put(key, _rejoined(first, download.chunks), **limits)
    return Recording(
        id=new_id(),
        project_id=analysis.project_id,
        call_id=analysis.call_id,
        kind=kind,
        object_key=key,
        sha256=stored.sha256,
        size_bytes=stored.size_bytes,
        content_type=content_type,
        fetched_at=context.clock.now(),
    )


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
