"""What the call as a whole gains from its analysis, and the clearing up after it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from callscope.core.analysis import Analysis
from callscope.pipeline.context import PipelineContext
from callscope.services import analyses, judged_summaries, metric_collection, recordings, summaries, transcripts
from callscope.services.checks import record_checks
from callscope.services.summaries import Summary
from callscope.storage.objects import recordings_folder

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """The analysis is about to be complete."""

    context: PipelineContext
    summary: Summary | None

    async def save(self, session: "AsyncSession", analysis: Analysis) -> None:
        """Give the call what its analysis found of it as a whole, and have collected what policies ask of it."""
        now = self.context.clock.now()
        await analyses.record_duration(session, analysis, at=now)
        if self.summary is not None:
            await summaries.record(session, analysis.call_id, self.summary, at=now)
        await record_checks(session, analysis, at=now)
        await metric_collection.collect_after_analysis(session, analysis, self.context.judge, now=now)
        if self.summary is not None:
            await judged_summaries.queue_if_judged(session, analysis, self.context.judge)

    async def discard(self) -> None:
        """There is nothing to undo."""


async def conclude(context: PipelineContext, analysis: Analysis) -> Conclusion:
    """Sum up what was said, and remove from the object store what fetches that were killed half-way left there."""
    async with context.sessions() as session:
        kept = await recordings.of_call(session, analysis.project_id, analysis.call_id)
        transcript = await transcripts.read_transcript(session, analysis.project_id, analysis.call_id)
    known = {recording.object_key for recording in kept}
    for key in await context.objects.keys(recordings_folder(analysis.project_id, analysis.call_id)):
        if key not in known:
            await context.objects.delete(key)
    summary = None if transcript is None else summaries.summarize(transcript.entries)
    return Conclusion(context=context, summary=summary)
