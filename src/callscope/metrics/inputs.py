"""What values rest on: whether an input is there, how it came about, and how far it can be trusted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from callscope.core.conversation import Conversation
from callscope.core.metric import CallFacts, MetricInput
from callscope.core.span_meaning import AlignmentMethod, Attribution
from callscope.core.transcript import TranscriptComparison
from callscope.metrics.definition import MEASURED_CONFIDENCE, ParameterValue

REPORTED_CONFIDENCE = 0.8
"""For what the sender reported and no recording confirms."""
ALIGNMENT_CONFIDENCE = {AlignmentMethod.SPEECH_ONSETS: REPORTED_CONFIDENCE, AlignmentMethod.START_TIME: 0.5}
"""For spans, which the sender reported, by how their clock was laid on the recording."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """An input that is there: the method that made it, the confidence it lends, the thresholds it was made with."""

    method: str
    confidence: float
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Missing:
    """An input that is not there, with the reason in plain words."""

    reason: str


def basis_of(needed: MetricInput, facts: CallFacts) -> Basis | Missing:
    """Return what `needed` rests on in this call, or why it is missing."""
    return _BASES[needed](facts)


def conversation_of(facts: CallFacts) -> Conversation:
    """Return the conversation of a metric that declares TURNS or OVERLAP.

    Raises:
        ValueError: the metric declared neither, so nobody checked that there is one.
    """
    if facts.conversation is None:
        raise ValueError("a metric that reads turns must declare the input TURNS or OVERLAP")
    return facts.conversation


def attribution_of(facts: CallFacts) -> Attribution:
    """Return the linked trace, laid on the recording, of a metric that declares SPANS.

    Raises:
        ValueError: the metric did not declare it, so nobody checked that there is one.
    """
    if facts.attribution is None:
        raise ValueError("a metric that reads the parts of responses must declare the input SPANS")
    return facts.attribution


def _duration(facts: CallFacts) -> Basis | Missing:
    if facts.duration_ms is None:
        return Missing("The length of the call is not known: no recording was decoded and the sender gave none.")
    if facts.recording is None:
        return Basis(method="reported", confidence=REPORTED_CONFIDENCE)
    return Basis(method=f"recording ({facts.recording.version})", confidence=MEASURED_CONFIDENCE)


def comparison_of(facts: CallFacts) -> TranscriptComparison:
    """Return how the two transcripts differ, for a metric that declares TWO_TRANSCRIPTS.

    Raises:
        ValueError: the metric did not declare it, so nobody checked that there are two.
    """
    if facts.comparison is None:
        raise ValueError("a metric that compares transcripts must declare the input TWO_TRANSCRIPTS")
    return facts.comparison


def _turns(facts: CallFacts) -> Basis | Missing:
    conversation = facts.conversation
    if conversation is None:
        return Missing(facts.conversation_reason or "Who spoke when is not known.")
    return Basis(
        method=f"{conversation.basis} ({conversation.version})",
        confidence=conversation.confidence,
        parameters=conversation.parameters,
    )


def _overlap(facts: CallFacts) -> Basis | Missing:
    if facts.conversation is not None and not facts.conversation.basis.has_overlap:
        return Missing("Overlap in one channel is not measurable: every moment of it goes to one party.")
    return _turns(facts)


def _words(facts: CallFacts) -> Basis | Missing:
    if not facts.transcript:
        return Missing("The call has no transcript.")
    return Basis(method="transcript", confidence=REPORTED_CONFIDENCE)


def _two_transcripts(facts: CallFacts) -> Basis | Missing:
    if facts.comparison is None:
        return Missing("The call has not two transcripts to compare: one that came with it, and its recognised words.")
    return Basis(method="transcript against the words recognised in the recording", confidence=REPORTED_CONFIDENCE)


def _channel_audio(facts: CallFacts) -> Basis | Missing:
    if facts.recording is None:
        return Missing("No recording of the call has been analysed.")
    return Basis(
        method=f"recording ({facts.recording.version})",
        confidence=facts.recording.confidence,
        parameters=facts.recording.parameters,
    )


def _tools(_facts: CallFacts) -> Basis | Missing:
    return Basis(method="reported tool invocations", confidence=REPORTED_CONFIDENCE)


def _spans(facts: CallFacts) -> Basis | Missing:
    found = facts.attribution
    if found is None:
        return Missing("No trace is linked to the call.")
    if found.alignment is None:
        return Missing(found.reason or "The trace could not be laid on the recording.")
    return Basis(
        method=f"trace laid on the recording by {found.alignment.method} ({found.version})",
        confidence=ALIGNMENT_CONFIDENCE[found.alignment.method],
        parameters=found.parameters,
    )


def _judge(_facts: CallFacts) -> Basis | Missing:
    return Missing("No judge is configured.")


def _values(_facts: CallFacts) -> Basis | Missing:
    return Missing("It is derived once the metrics it reads have been collected.")


_BASES: Mapping[MetricInput, Callable[[CallFacts], Basis | Missing]] = {
    MetricInput.DURATION: _duration,
    MetricInput.TURNS: _turns,
    MetricInput.OVERLAP: _overlap,
    MetricInput.WORDS: _words,
    MetricInput.TWO_TRANSCRIPTS: _two_transcripts,
    MetricInput.CHANNEL_AUDIO: _channel_audio,
    MetricInput.TOOLS: _tools,
    MetricInput.SPANS: _spans,
    MetricInput.JUDGE: _judge,
    MetricInput.VALUES: _values,
}
