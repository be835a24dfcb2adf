"""From a recording, a transcript, or both, to every value of the catalogue. Pure: no session, no network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from callscope.audio.decode import MAX_DURATION_MS
from callscope.core.call import Role, ToolInvocation
from callscope.core.conversation import Conversation, TimingBasis
from callscope.core.metric import CallFacts, MetricValue
from callscope.core.recording import RecordingAnalysis
from callscope.core.transcript import TranscriptEntry
from callscope.metrics import runner
from callscope.speech.analysis import analyze_recording
from callscope.speech.transcript_timing import conversation_from_transcript
from callscope.speech.turns import build_conversation

NO_RECORDING = "No recording of the call has been analysed."
NO_TRANSCRIPT = "There is no transcript whose times could stand in."
NO_TIMES = "The transcript's times do not tell who spoke when."


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

    `conversation` is None when nobody could be timed; `conversation_reason` then says why.
    """

    analysis: RecordingAnalysis
    conversation: Conversation | None
    conversation_reason: str | None
    values: tuple[MetricValue, ...]


def measure_recording(
    path: Path,
    *,
    roles: Sequence[Role | None] | None = None,
    transcript: Sequence[TranscriptEntry] = (),
    tools: Sequence[ToolInvocation] = (),
    on_progress: Callable[[int, int | None], None] | None = None,
    max_duration_ms: int = MAX_DURATION_MS,
) -> Measurement:
    """Return what one pass over a recording found, and every metric of it.

    Turns come from the channels where each holds one party, else from the transcript's times, else there are none.
    `roles` names the party of each channel; `on_progress` is told decoded and total milliseconds.

    Raises:
        CallscopeError: the file is no audio, is damaged beyond use, or is too long.
    """
    analysis = analyze_recording(
        path, roles=roles, transcript=transcript, on_progress=on_progress, max_duration_ms=max_duration_ms
    )
    if analysis.segments is None:
        conversation = conversation_from_transcript(transcript)
        reason = None if conversation else f"{analysis.reason} {NO_TIMES if transcript else NO_TRANSCRIPT}"
    else:
        conversation = build_conversation(
            analysis.segments, basis=TimingBasis.CHANNEL_AUDIO, confidence=analysis.confidence
        )
        reason = None
    facts = CallFacts(
        duration_ms=analysis.duration_ms,
        conversation=conversation,
        conversation_reason=reason,
        transcript=tuple(transcript),
        tools=tuple(tools),
        recording=analysis,
    )
    return Measurement(
        analysis=analysis,
        conversation=conversation,
        conversation_reason=reason,
        values=runner.compute(facts),
    )


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
