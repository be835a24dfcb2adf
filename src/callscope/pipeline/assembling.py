"""The recording of a call that came in chunk by chunk: put together as a stream, once its chunks have settled."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

from callscope.audio.stitching import Piece, StitchPlan, plan_stitching, tell_format, wav_header
from callscope.core.analysis import Analysis
from callscope.core.ids import new_id
from callscope.core.integration import Integration, LiveChunk, PcmFormat
from callscope.core.recording import Finding, Recording, RecordingKind
from callscope.pipeline.context import PipelineContext
from callscope.services import live_chunks
from callscope.services.live_chunks import ChunksOutstanding
from callscope.storage.live_calls import LiveCall
from callscope.storage.objects import Objects, recording_key

USUAL_RATES_HZ = {Integration.PIPECAT: 24_000, Integration.LIVEKIT_SDK: 48_000}
SILENT_BLOCK = bytes(64 * 1024)


async def assemble(context: PipelineContext, analysis: Analysis) -> Recording | None:
    """Store the recording that the call's chunks make, None when none arrived. Raises ChunksOutstanding."""
    async with context.sessions.begin() as session:
        found = await live_chunks.of_call(session, analysis.call_id)
        live, chunks = found or (None, ())
        if live is None or all(chunk.object_key is None for chunk in chunks):
            return None
        _wait_for_outstanding(context, chunks)
        await live_chunks.begin_assembling(session, analysis.call_id, now=context.clock.now())
    pcm, findings = _format(live, chunks)
    plan = plan_stitching(chunks, pcm)
    key = recording_key(analysis.project_id, analysis.call_id)
    stored = await context.objects.put(key, stitched(context.objects, plan, pcm), max_bytes=context.max_recording_bytes)
    return Recording(
        id=new_id(),
        project_id=analysis.project_id,
        call_id=analysis.call_id,
        kind=RecordingKind.MAIN,
        object_key=key,
        sha256=stored.sha256,
        size_bytes=stored.size_bytes,
        content_type="audio/wav",
        fetched_at=context.clock.now(),
        findings=findings + plan.findings,
    )


async def stitched(
    objects: Objects, plan: StitchPlan, pcm: PcmFormat, *, start_bytes: int = 0, end_bytes: int | None = None
) -> AsyncIterator[bytes]:
    """Yield a WAV file of the plan's pieces, or of a stretch of them, without ever holding more than a block of it."""
    end_bytes = plan.size_bytes if end_bytes is None else min(end_bytes, plan.size_bytes)
    yield wav_header(end_bytes - start_bytes, pcm)
    at_bytes = 0
    for piece in plan.pieces:
        first = max(start_bytes - at_bytes, 0)
        last = min(end_bytes - at_bytes, piece.size_bytes)
        if first < last:
            async for block in _blocks(objects, piece, first, last):
                yield block
        at_bytes += piece.size_bytes


async def _blocks(objects: Objects, piece: Piece, first: int, last: int) -> AsyncIterator[bytes]:
    if piece.object_key is not None:
        async for block in await objects.read(piece.object_key, start=first, end=last):
            yield block
        return
    for start in range(first, last, len(SILENT_BLOCK)):
        yield SILENT_BLOCK[: last - start]


def _wait_for_outstanding(context: PipelineContext, chunks: Sequence[LiveChunk]) -> None:
    """Raise ChunksOutstanding while a chunk that was announced a moment ago may still be on its way."""
    since = context.clock.now() - timedelta(seconds=context.live.chunk_grace_s)
    missing = [chunk for chunk in chunks if chunk.object_key is None and chunk.requested_at > since]
    if missing:
        raise ChunksOutstanding(f"Waiting for {len(missing)} chunks of the recording that are on their way.")


def _format(live: LiveCall, chunks: Sequence[LiveChunk]) -> tuple[PcmFormat, tuple[Finding, ...]]:
    if live.pcm is not None:
        return live.pcm, ()
    told, finding = tell_format(chunks, usual_rate_hz=USUAL_RATES_HZ[live.integration])
    return told, (finding,)
