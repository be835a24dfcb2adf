"""The first wave: what the supplied transcript tells at once, before the recording is there."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from callscope.core.analysis import Analysis
from callscope.pipeline.context import PipelineContext
from callscope.services import analyses, calls, traces, transcripts
from callscope.services.measuring import TranscriptMeasurement, measure_transcript

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptResults:
    """What the transcript told; nothing was made outside the database."""

    context: PipelineContext
    measurement: TranscriptMeasurement | None

    async def save(self, session: "AsyncSession", analysis: Analysis) -> None:
        """Write conversation and values, which the recording's replace later, and link traces that came first."""
        await traces.match_call(session, analysis.project_id, analysis.call_id, now=self.context.clock.now())
        if self.measurement is None:
            return
        await analyses.record_measurement(
            session,
            analysis,
            conversation=self.measurement.conversation,
            values=self.measurement.values,
            at=self.context.clock.now(),
        )

    async def discard(self) -> None:
        """There is nothing to undo."""


async def measure_supplied_transcript(context: PipelineContext, analysis: Analysis) -> TranscriptResults:
    """Measure what the sender transcribed; without a transcript there is no first wave."""
    async with context.sessions() as session:
        call = await calls.get_call(session, analysis.project_id, analysis.call_id)
        transcript = await transcripts.read_brought(session, analysis.project_id, analysis.call_id)
        tools = await calls.list_tool_invocations(session, analysis.project_id, analysis.call_id)
    if transcript is None:
        return TranscriptResults(context=context, measurement=None)
    measurement = await asyncio.to_thread(measure_transcript, transcript.entries, tools, call.duration_ms)
    return TranscriptResults(context=context, measurement=measurement)
