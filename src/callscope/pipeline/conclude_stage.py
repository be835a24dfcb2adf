"""What the call as a whole gains from its analysis, and the clearing up after it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from callscope.core.analysis import Analysis
from callscope.core.recording import Recording, RecordingFile, Span
from callscope.pipeline.context import PipelineContext
from callscope.pipeline.masking_process import mask_recording
from callscope.services import (
    analyses,
    judged_summaries,
    metric_collection,
    recordings,
    sound_masking,
    summaries,
    transcripts,
)
from callscope.services.checks import record_checks
from callscope.services.summaries import Summary
from callscope.storage.objects import recordings_folder

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedSound:
    """The recordings that were withheld, each with the copy that may be heard; None: as it is. `spans` are covered."""

    recordings: tuple[tuple[Recording, RecordingFile | None], ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """The analysis is about to be complete."""

    context: PipelineContext
    summary: Summary | None
    sound: MaskedSound

    async def save(self, session: "AsyncSession", analysis: Analysis) -> None:
        """Give the call what its analysis found of it as a whole, and have collected what policies ask of it."""
        now = self.context.clock.now()
        await sound_masking.publish(session, analysis.call_id, self.sound.recordings, self.sound.spans)
        await analyses.record_duration(session, analysis, at=now)
        if self.summary is not None:
            await summaries.record(session, analysis.call_id, self.summary, at=now)
        await record_checks(session, analysis, at=now)
        await metric_collection.collect_after_analysis(session, analysis, self.context.judge, now=now)
        if self.summary is not None:
            await judged_summaries.queue_if_judged(session, analysis, self.context.judge)

    async def discard(self) -> None:
        """Remove the masked copies again."""
        await _discard(self.context, self.sound.recordings)


async def conclude(context: PipelineContext, analysis: Analysis) -> Conclusion:
    """Sum up what was said, mask the sound, and remove what fetches that were killed half-way left in the store.

    Raises MeasuringRefused, ChildDied, StoreAway.
    """
    async with context.sessions() as session:
        kept = await recordings.of_call(session, analysis.project_id, analysis.call_id)
        transcript = await transcripts.read_transcript(session, analysis.project_id, analysis.call_id)
        said = await transcripts.read_all(session, analysis.project_id, analysis.call_id)
    known = {key for recording in kept for key in (recording.object_key, recording.measured_key)}
    for key in await context.objects.keys(recordings_folder(analysis.project_id, analysis.call_id)):
        if key not in known:
            await context.objects.delete(key)
    # Of what nobody put into words it is not known what has to be masked: that stays withheld.
    is_known = any(one.entries for one in said)
    withheld = [recording for recording in kept if recording.is_withheld and is_known]
    sound = await _mask(context, withheld, sound_masking.spans_to_beep(said))
    summary = None if transcript is None else summaries.summarize(transcript.entries)
    return Conclusion(context=context, summary=summary, sound=sound)


async def _mask(context: PipelineContext, withheld: Sequence[Recording], spans: tuple[Span, ...]) -> MaskedSound:
    masked: list[tuple[Recording, RecordingFile | None]] = []
    try:
        for recording in withheld:
            copy = await mask_recording(context, recording, spans) if spans else None
            masked.append((recording, copy))
    except BaseException:
        await asyncio.shield(_discard(context, masked))
        raise
    return MaskedSound(recordings=tuple(masked), spans=spans)


async def _discard(context: PipelineContext, masked: Sequence[tuple[Recording, RecordingFile | None]]) -> None:
    for _, file in masked:
        if file is not None:
            await context.objects.delete(file.object_key)
