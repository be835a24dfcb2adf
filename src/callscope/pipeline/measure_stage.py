"""Speech, turns and metrics from the recording, in a process of their own."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from callscope.core.analysis import Analysis
from callscope.core.recording import Recording
from callscope.core.transcript import Transcript
from callscope.pipeline.child_process import ChildLimits
from callscope.pipeline.context import PipelineContext
from callscope.pipeline.job_spans import step
from callscope.pipeline.measuring_process import MeasuringRequest, measure_apart
from callscope.services import analyses, calls, recordings, traces, transcripts
from callscope.services.measuring import Measurement

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredRecording:
    """What the recording told; nothing was made outside the database."""

    context: PipelineContext
    recording: Recording | None
    measurement: Measurement | None
    transcript: Transcript | None = None

    async def save(self, session: "AsyncSession", analysis: Analysis) -> None:
        """Write what the pass found, the conversation and the values, over the first wave's."""
        if self.recording is None or self.measurement is None:
            return
        now = self.context.clock.now()
        await analyses.record_recording_analysis(
            session, analysis, recording=self.recording, found=self.measurement.analysis, at=now
        )
        await analyses.record_measurement(
            session, analysis, conversation=self.measurement.conversation, values=self.measurement.values, at=now
        )
        await traces.queue_measuring_if_linked(session, analysis.project_id, analysis.call_id)
        if self.transcript is not None:
            await transcripts.keep_heard(session, analysis.call_id, self.transcript, self.measurement.heard)

    async def discard(self) -> None:
        """There is nothing to undo."""


async def measure_fetched_recording(context: PipelineContext, analysis: Analysis) -> MeasuredRecording:
    """Measure the call's best recording. Raises MeasuringRefused, ChildDied, ObjectNotFound."""
    ids = (analysis.project_id, analysis.call_id)
    async with context.sessions() as session:
        recording = recordings.best_for_measuring(await recordings.of_call(session, *ids))
        transcript = await transcripts.read_brought(session, *ids)
        tools = await calls.list_tool_invocations(session, *ids)
        call = await calls.get_call(session, *ids)
    if recording is None:
        return MeasuredRecording(context=context, recording=None, measurement=None)
    limits = ChildLimits(memory_bytes=context.measure_memory_bytes, timeout_s=context.measure_timeout_s)
    with tempfile.TemporaryDirectory(prefix="callscope-measure-", dir=context.scratch_dir) as directory:
        path = Path(directory) / "recording"
        with step(context.tracer, "recording.read"):
            await context.objects.download(recording.measured_key, path)
        request = MeasuringRequest(
            path=path,
            transcript=() if transcript is None else transcript.entries,
            tools=tools,
            direction=call.direction,
            max_duration_ms=context.max_recording_ms,
            declared_duration_ms=call.duration_ms,
            judges_quality=context.judges_voice_quality,
        )
        with step(context.tracer, "recording.hear"):
            measured = await measure_apart(request, limits, scratch_dir=Path(directory))
    measurement = measured.with_findings(recording.findings)
    return MeasuredRecording(context=context, recording=recording, measurement=measurement, transcript=transcript)
