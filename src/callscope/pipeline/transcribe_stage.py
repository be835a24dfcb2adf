"""Words from the recording, where the call brought none or the operator wants both, in a process of their own."""

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from callscope.core.analysis import Analysis, Stage
from callscope.core.call import Call
from callscope.core.metric import MetricValue
from callscope.core.recording import Recording
from callscope.core.transcript import Transcript, TranscriptComparison, TranscriptEntry, TranscriptSource
from callscope.pipeline.child_process import ChildLimits
from callscope.pipeline.context import PipelineContext
from callscope.pipeline.job_spans import step
from callscope.pipeline.transcribing_process import TranscribingRequest, transcribe_apart
from callscope.services import analyses, calls, recordings, redaction, transcripts
from callscope.services.measuring import measure_agreement, measure_words
from callscope.services.transcribing import SpokenPart, spoken_parts
from callscope.speech.stt.model_store import NO_MODEL
from callscope.speech.word_errors import compare_transcripts

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

NO_PARTIES = "Nothing was transcribed, because who spoke when is not known: {reason}"
NO_WORDS = "No words were recognised in the recording."


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognizedWords:
    """What was recognised; nothing was made outside the database. `reason` says why there is nothing, if so."""

    context: PipelineContext
    call: Call | None = None
    entries: tuple[TranscriptEntry, ...] = ()
    values: tuple[MetricValue, ...] = field(default=())
    comparison: TranscriptComparison | None = None
    reason: str | None = None

    async def save(self, session: "AsyncSession", analysis: Analysis) -> None:
        """Write transcript and values, or why there are none."""
        await analyses.record_transcription(session, analysis, reason=self.reason)
        if self.call is not None:
            await transcripts.keep_recognized(session, self.call, self.entries)
            await transcripts.keep_comparison(session, self.call, self.comparison, at=self.context.clock.now())
        if self.values:
            await analyses.record_values(session, analysis, values=self.values, at=self.context.clock.now())

    async def discard(self) -> None:
        """There is nothing to undo."""


async def transcribe_recording_of_call(context: PipelineContext, analysis: Analysis) -> RecognizedWords:
    """Transcribe the call's measured recording. Raises TranscribingRefused, ServiceAway, ChildDied."""
    nothing = RecognizedWords(context=context)
    ids = (analysis.project_id, analysis.call_id)
    async with context.sessions() as session:
        recording = recordings.best_for_measuring(await recordings.of_call(session, *ids))
        found = await analyses.read_recording_analysis(session, *ids)
        conversation = await analyses.read_conversation(session, *ids)
        brought = await transcripts.read_brought(session, *ids)
        tools = await calls.list_tool_invocations(session, *ids)
        call = await calls.get_call(session, *ids)
        kinds = await redaction.kinds_of(session, analysis.project_id)
    if recording is None or found is None or (brought is not None and not context.transcribes_beside_brought):
        return nothing
    if context.recognizer.is_none:
        return nothing if brought is not None else replace(nothing, reason=NO_MODEL)
    if conversation is None:
        return replace(nothing, reason=NO_PARTIES.format(reason=found.reason))
    heard = await _transcribe(context, analysis, call, recording, spoken_parts(found, conversation))
    # Before anything is made of them: what differs from the brought words, and evidence of metrics, quotes them.
    entries = redaction.masked_entries(heard, kinds)
    if not entries:
        return replace(nothing, reason=NO_WORDS)
    words = RecognizedWords(context=context, call=call, entries=entries)
    if brought is None:
        return replace(words, values=measure_words(found, conversation, entries, tools))
    comparison = _compare(brought, entries)
    return replace(words, values=measure_agreement(comparison, brought.entries), comparison=comparison)


def _compare(brought: Transcript, recognized: tuple[TranscriptEntry, ...]) -> TranscriptComparison:
    """Return how the brought words differ from those recognised afterwards, with time and the whole call at hand."""
    return TranscriptComparison(
        reference=TranscriptSource.ROARK_POST_CALL,
        other=brought.source,
        by_role=compare_transcripts(recognized, brought.entries),
    )


async def _transcribe(
    context: PipelineContext, analysis: Analysis, call: Call, recording: Recording, parts: tuple[SpokenPart, ...]
) -> tuple[TranscriptEntry, ...]:
    async def keep_so_far(entries: tuple[TranscriptEntry, ...]) -> None:
        """Let readers see what was recognised so far, unless the stage was done by another or cancelled meanwhile."""
        async with context.sessions.begin() as session:
            if await analyses.claim(session, analysis.id, Stage.TRANSCRIBE) is not None:
                await transcripts.keep_recognized(session, call, entries)

    limits = ChildLimits(memory_bytes=context.measure_memory_bytes, timeout_s=context.transcribe_timeout_s)
    with tempfile.TemporaryDirectory(prefix="callscope-transcribe-", dir=context.scratch_dir) as directory:
        path = Path(directory) / "recording"
        with step(context.tracer, "recording.read"):
            await context.objects.download(recording.measured_key, path)
        request = TranscribingRequest(
            path=path, parts=parts, choice=context.recognizer, max_duration_ms=context.max_recording_ms
        )
        with step(context.tracer, "recording.recognize"):
            return await transcribe_apart(
                request,
                limits,
                scratch_dir=Path(directory),
                on_heard=keep_so_far,
                look_every_s=context.partial_transcript_every_s,
            )
