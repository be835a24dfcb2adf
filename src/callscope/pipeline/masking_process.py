"""The parent's side of masking sound: a recording is decoded in a child process with limits, as for measuring."""

import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from callscope.core.recording import Recording, RecordingFile, Span
from callscope.pipeline.child_process import ChildLimits, ChildTask, run_apart
from callscope.pipeline.context import PipelineContext
from callscope.pipeline.measuring_process import MeasuringRefused
from callscope.storage.objects import recording_key

WAV_TYPE = "audio/wav"
READ_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskingRequest:
    """What the child is asked to cover, and where to write the copy."""

    path: Path
    target: Path
    spans: tuple[Span, ...]
    max_duration_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskingReply:
    """What the child answers: nothing when the copy is written, else why it is not."""

    refusal: str | None = None


REQUEST = TypeAdapter(MaskingRequest)
REPLY = TypeAdapter(MaskingReply)
MASKING = ChildTask(
    module="callscope.pipeline.masking_child",
    name="Masking the recording",
    time_setting="CALLSCOPE_ANALYSIS_TIMEOUT_S",
)


async def mask_recording(context: PipelineContext, recording: Recording, spans: tuple[Span, ...]) -> RecordingFile:
    """Store a copy of a recording whose `spans` are covered. Raises MeasuringRefused, ChildDied, StoreAway."""
    limits = ChildLimits(memory_bytes=context.measure_memory_bytes, timeout_s=context.measure_timeout_s)
    with tempfile.TemporaryDirectory(prefix="callscope-mask-", dir=context.scratch_dir) as directory:
        path, target = Path(directory) / "recording", Path(directory) / "masked.wav"
        await context.objects.download(recording.measured_key, path)
        request = MaskingRequest(path=path, target=target, spans=spans, max_duration_ms=context.max_recording_ms)
        reply_json = await run_apart(MASKING, REQUEST.dump_json(request), limits, scratch_dir=Path(directory))
        reply = REPLY.validate_json(reply_json)
        if reply.refusal is not None:
            raise MeasuringRefused(reply.refusal)
        key = recording_key(recording.project_id, recording.call_id)
        stored = await context.objects.put(key, _blocks(target), max_bytes=target.stat().st_size)
    return RecordingFile(
        object_key=stored.key, sha256=stored.sha256, size_bytes=stored.size_bytes, content_type=WAV_TYPE
    )


async def _blocks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(READ_BYTES):
            yield block
