"""What the call as a whole gains from its analysis, and the clearing up after it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from callscope.core.analysis import Analysis
from callscope.pipeline.context import PipelineContext
from callscope.services import analyses, recordings
from callscope.storage.objects import recordings_folder

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """The analysis is about to be complete."""

    context: PipelineContext

    async def save(self, session: "AsyncSession", analysis: Analysis) -> None:
        """Give the call the duration and the end its recording shows."""
        await analyses.record_duration(session, analysis, at=self.context.clock.now())

    async def discard(self) -> None:
        """There is nothing to undo."""


async def conclude(context: PipelineContext, analysis: Analysis) -> Conclusion:
    """Remove what fetches that were killed half-way left in the object store: the kept recordings are known by now."""
    async with context.sessions() as session:
        kept = await recordings.of_call(session, analysis.project_id, analysis.call_id)
    known = {recording.object_key for recording in kept}
    for key in await context.objects.keys(recordings_folder(analysis.project_id, analysis.call_id)):
        if key not in known:
            await context.objects.delete(key)
    return Conclusion(context=context)
