"""From a recording, a transcript, or both, to every value of the catalogue. Pure: no session, no network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from callscope.audio.decode import MAX_DURATION_MS
from callscope.core.call import CallDirection, Role, ToolInvocation
from callscope.core.conversation import Conversation
from callscope.core.metric import CallFacts, MetricInput, MetricValue
from callscope.core.recording import Finding, RecordingAnalysis
from callscope.core.transcript import HeardEntry, TranscriptComparison, TranscriptEntry
from callscope.metrics import registry, runner
from callscope.services.parties import NO_TIMES, NO_TRANSCRIPT, TimedParties, time_parties
from callscope.speech.analysis import NOT_ASKED, analyze_recording
from callscope.speech.findings import declared_length_finding
from callscope.speech.perceived_quality import load_judge
from callscope.speech.transcript_timing import conversation_from_transcript

NO_RECORDING = "No recording of the call has been analysed."


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptMeasurement:
    """What the transcript alone tells of a call.

    `conversation` is None when nobody could be timed; `conversation_reason` then says why.
    """

    conversation: Conversation | None
    conversation_reason: str | None
    values: tuple[MetricValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What the recording tells, with the transcript beside it.

    `conversation` is None when nobody could be timed; `conversation_reason` then says why. `recognized` is what was
    transcribed, where that was asked for; `heard` is where the given transcript's entries are spoken.
    """

    analysis: RecordingAnalysis
    conversation: Conversation | None
    conversation_reason: str | None
    values: tuple[MetricValue, ...]
    recognized: tuple[TranscriptEntry, ...] = ()
    heard: tuple[HeardEntry, ...] = ()

    def with_findings(self, findings: Sequence[Finding]) -> "Measurement":
        """Return the measurement with what was noticed before it, first in its input report."""
        report = replace(self.analysis.report, findings=(*findings, *self.analysis.report.findings))
        return replace(self, analysis=replace(self.analysis, report=report))


def measure_recording(
    path: Path,
    *,
    roles: Sequence[Role | None] | None = None,
    transcript: Sequence[TranscriptEntry] = (),
    tools: Sequence[ToolInvocation] = (),
    direction: CallDirection = CallDirection.INBOUND,
    on_progress: Callable[[int, int | None], None] | None = None,
    max_duration_ms: int = MAX_DURATION_MS,
    scratch_dir: Path | None = None,
    declared_duration_ms: int | None = None,
    judges_quality: bool = False,
) -> Measurement:
    """Return what one pass over a recording found, and every metric of it.

    Turns come from the channels where each holds one party, else from detected speech and the transcript's times, else
    from the voices (`direction` says who greets), else there are none. `roles` names the party of each channel;
    `on_progress` is told decoded and total milliseconds; `scratch_dir` may hold samples meanwhile.
    `declared_duration_ms` is the length of the call by its own times; `judges_quality` adds the verdict of a network on
    how the voices sound, 0.4 s of processor time for every five minutes and channel.

    Raises CallscopeError: the file is no audio, is damaged beyond use, or is too long.
    """
    heard = analyze_recording(
        path,
        roles=roles,
        transcript=transcript,
        on_progress=on_progress,
        max_duration_ms=max_duration_ms,
        judge=load_judge() if judges_quality else NOT_ASKED,
    )
    parties = time_parties(path, heard, transcript, direction, scratch_dir=scratch_dir, max_duration_ms=max_duration_ms)
    findings = (*heard.report.findings, *_length_findings(heard.duration_ms, declared_duration_ms), *parties.findings)
    analysis = replace(heard, report=replace(heard.report, findings=findings))
    return _measurement(analysis, parties, _facts_of(analysis, parties, transcript, tools))


def _measurement(analysis: RecordingAnalysis, parties: TimedParties, facts: CallFacts) -> Measurement:
    return Measurement(
        analysis=analysis,
        conversation=parties.conversation,
        conversation_reason=parties.reason,
        values=runner.compute(facts),
        heard=parties.heard,
    )


def _facts_of(
    analysis: RecordingAnalysis,
    parties: TimedParties,
    transcript: Sequence[TranscriptEntry],
    tools: Sequence[ToolInvocation],
) -> CallFacts:
    return CallFacts(
        duration_ms=analysis.duration_ms,
        conversation=parties.conversation,
        conversation_reason=parties.reason,
        transcript=tuple(transcript),
        tools=tuple(tools),
        recording=analysis,
    )


def _length_findings(duration_ms: int, declared_ms: int | None) -> tuple[Finding, ...]:
    found = None if declared_ms is None else declared_length_finding(duration_ms, declared_ms)
    return () if found is None else (found,)


def with_words(measurement: Measurement, entries: Sequence[TranscriptEntry]) -> Measurement:
    """Return the measurement with the words recognised in its recording and every value that rests on them."""
    if measurement.conversation is None:
        return measurement
    wordy = measure_words(measurement.analysis, measurement.conversation, entries)
    renewed = {value.slug for value in wordy}
    kept = (value for value in measurement.values if value.slug not in renewed)
    return replace(measurement, values=(*kept, *wordy), recognized=tuple(entries))


def measure_words(
    analysis: RecordingAnalysis,
    conversation: Conversation,
    transcript: Sequence[TranscriptEntry],
    tools: Sequence[ToolInvocation] = (),
) -> tuple[MetricValue, ...]:
    """Return every value that rests on words, once they are known of a recording that was measured before."""
    facts = CallFacts(
        duration_ms=analysis.duration_ms,
        conversation=conversation,
        conversation_reason=None,
        transcript=tuple(transcript),
        tools=tuple(tools),
        recording=analysis,
    )
    wordy = [definition for definition in registry.definitions() if MetricInput.WORDS in definition.inputs]
    return runner.compute(facts, wordy)


def measure_agreement(
    comparison: TranscriptComparison, transcript: Sequence[TranscriptEntry]
) -> tuple[MetricValue, ...]:
    """Return every value that rests on how the transcript that came with a call differs from its recognised words."""
    facts = CallFacts(
        duration_ms=None,
        conversation=None,
        conversation_reason=None,
        transcript=tuple(transcript),
        tools=(),
        comparison=comparison,
    )
    return runner.compute(facts, [each for each in registry.computed() if MetricInput.TWO_TRANSCRIPTS in each.inputs])


def measure_transcript(
    transcript: Sequence[TranscriptEntry], tools: Sequence[ToolInvocation], duration_ms: int | None
) -> TranscriptMeasurement:
    """Return what the transcript alone tells, before the recording is there; `duration_ms` as the sender reported."""
    conversation = conversation_from_transcript(transcript)
    reason = None if conversation else f"{NO_RECORDING} {NO_TIMES if transcript else NO_TRANSCRIPT}"
    facts = CallFacts(
        duration_ms=duration_ms,
        conversation=conversation,
        conversation_reason=reason,
        transcript=tuple(transcript),
        tools=tuple(tools),
    )
    return TranscriptMeasurement(conversation=conversation, conversation_reason=reason, values=runner.compute(facts))
