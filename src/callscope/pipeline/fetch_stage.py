"""The recordings of a call into its folder of the object store, from wherever their sender says they are."""

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.analysis import Analysis
from callscope.core.ids import new_id
from callscope.core.recording import Recording, RecordingFile, RecordingKind
from callscope.pipeline.assembling import assemble
from callscope.pipeline.context import PipelineContext
from callscope.pipeline.job_spans import step
from callscope.services import recording_uploads, recordings
from callscope.storage.objects import recording_key

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedRecordings:
    """Recordings whose bytes lie in the object store and of which the database does not know yet."""

    context: PipelineContext
    fetched: tuple[Recording, ...]

    async def save(self, session: "AsyncSession", analysis: Analysis) -> None:
        """Make the recordings known; what they were copied from is needed no more."""
        for recording in self.fetched:
            await recordings.keep(session, recording)
        await recording_uploads.mark_fetched(session, analysis.call_id, now=self.context.clock.now())

    async def discard(self) -> None:
        """Remove the bytes again."""
        for recording in self.fetched:
            await self.context.objects.delete(recording.object_key)


async def fetch_recordings(context: PipelineContext, analysis: Analysis) -> FetchedRecordings:
    """Fetch every recording of the call, or none; what came in chunks is put together, what was uploaded copied.

    Raises FetchFailed, NotAudio, ObjectTooLarge, ChunksOutstanding, UploadNotFound.
    """
    async with context.sessions() as session:
        sources = await recordings.sources(session, analysis.call_id)
    fetched: list[Recording] = []
    try:
        assembled = await assemble(context, analysis)
        if assembled is not None:
            fetched.append(assembled)
        for kind, url in sources.items():
            with step(context.tracer, "recording.keep"):
                fetched.append(await _fetch(context, analysis, kind, url))
    except BaseException:
        await asyncio.shield(FetchedRecordings(context=context, fetched=tuple(fetched)).discard())
        raise
    return FetchedRecordings(context=context, fetched=tuple(fetched))


async def _fetch(context: PipelineContext, analysis: Analysis, kind: RecordingKind, url: str) -> Recording:
    upload_id = recording_uploads.parse_address(url)
    if upload_id is None:
        file = await _download(context, analysis, url)
    else:
        file = await _copy_upload(context, analysis, upload_id)
    return Recording(
        id=new_id(),
        project_id=analysis.project_id,
        call_id=analysis.call_id,
        kind=kind,
        object_key=file.object_key,
        sha256=file.sha256,
        size_bytes=file.size_bytes,
        content_type=file.content_type,
        fetched_at=context.clock.now(),
    )


async def _download(context: PipelineContext, analysis: Analysis, url: str) -> RecordingFile:
    key = recording_key(analysis.project_id, analysis.call_id)
    limits = {"max_bytes": context.max_recording_bytes}
    key_of_provider = next((one.key for one in context.artifact_keys if one.opens(url)), None)
    headers = {} if key_of_provider is None else {"authorization": f"Bearer {key_of_provider}"}
    async with context.outbound.download(url, timeout_s=context.fetch_timeout_s, headers=headers, **limits) as download:
        return await recordings.store(context.objects, key, download.chunks, **limits)


async def _copy_upload(context: PipelineContext, analysis: Analysis, upload_id: UUID) -> RecordingFile:
    async with context.sessions() as session:
        uploaded = await recording_uploads.taken_by(session, analysis.call_id, upload_id)
    key = recording_key(analysis.project_id, analysis.call_id)
    await context.objects.copy(uploaded.object_key, key)
    return replace(uploaded, object_key=key)
