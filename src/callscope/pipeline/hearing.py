"""The job that listens to a call while it runs, and queues itself again until the call is over."""

import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import structlog

from callscope.audio.stitching import RUNNING_RATES_HZ, plan_stitching, settled_chunks, tell_format
from callscope.core.errors import CallNotFound
from callscope.core.integration import HeardSoFar, PcmFormat
from callscope.pipeline.assembling import USUAL_RATES_HZ, stitched
from callscope.pipeline.context import PipelineContext
from callscope.services import live_hearing
from callscope.services.live_hearing import RunningCall
from callscope.speech.growing import CONTEXT_MS, hear_on
from callscope.storage.engine import is_away

log = structlog.get_logger(__name__)

LEAST_NEW_MS = 1000
MOST_NEW_MS = 60_000
"""At a time: one call that came in late must not keep the others waiting."""
MS_PER_S = 1000


async def hear_live_call(context: PipelineContext, project_id: UUID, call_id: UUID) -> None:
    """Listen to what has come in of a running call since the last time, and do so again a little later.

    A call whose sound cannot be listened to is left alone until it has ended, when the whole of it is measured.
    """
    try:
        await _hear(context, project_id, call_id)
    except CallNotFound:
        log.info("hearing_of_deleted_call_left", call_id=str(call_id))
    except Exception as error:
        if is_away(error):
            raise
        log.exception("live_call_not_heard", call_id=str(call_id))


async def _hear(context: PipelineContext, project_id: UUID, call_id: UUID) -> None:
    async with context.sessions() as session:
        call = await live_hearing.running(session, project_id, call_id)
    if call is None:
        return
    heard = await _listen(context, call)
    async with context.sessions.begin() as session:
        if heard is not None:
            await live_hearing.keep(session, project_id, call_id, heard)
        again_at = context.clock.now() + timedelta(seconds=context.live.hear_every_s)
        await live_hearing.queue(session, project_id, call_id, at=again_at)


async def _listen(context: PipelineContext, call: RunningCall) -> HeardSoFar | None:
    """Return what was heard once more of the recording was listened to, None when there is too little more of it."""
    since = context.clock.now() - timedelta(seconds=context.live.chunk_grace_s)
    chunks = settled_chunks(call.chunks, outstanding_since=since)
    usual_rate_hz = USUAL_RATES_HZ[call.live.integration]
    pcm, _ = tell_format(chunks, usual_rate_hz=usual_rate_hz, rates_hz=RUNNING_RATES_HZ)
    plan = plan_stitching(chunks, pcm)
    # By another rate than was thought at first everything lies elsewhere.
    before = call.heard if call.heard is not None and call.heard.pcm == pcm else _nothing(pcm)
    size_bytes = min(plan.size_bytes, before.size_bytes + _bytes(pcm, MOST_NEW_MS))
    if size_bytes - before.size_bytes < _bytes(pcm, LEAST_NEW_MS):
        return None
    start_ms = max(0, before.until_ms - CONTEXT_MS)
    with tempfile.TemporaryDirectory(prefix="callscope-hear-", dir=context.scratch_dir) as directory:
        path = Path(directory) / "stretch.wav"
        with path.open("wb") as file:
            async for block in stitched(
                context.objects, plan, pcm, start_bytes=_bytes(pcm, start_ms), end_bytes=size_bytes
            ):
                file.write(block)
        segments = await asyncio.to_thread(
            hear_on, path, start_ms=start_ms, heard=before.segments, until_ms=before.until_ms
        )
    return HeardSoFar(pcm=pcm, size_bytes=size_bytes, segments=segments)


def _nothing(pcm: PcmFormat) -> HeardSoFar:
    return HeardSoFar(pcm=pcm, size_bytes=0, segments=())


def _bytes(pcm: PcmFormat, length_ms: int) -> int:
    """Return the size of so long a stretch, in whole frames."""
    return length_ms * pcm.sample_rate_hz // MS_PER_S * pcm.frame_bytes
