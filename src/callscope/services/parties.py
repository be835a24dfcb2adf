"""Who spoke when in a recording: by its channels, else by the transcript on detected speech, else by the voices."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from callscope.audio.decode import MAX_DURATION_MS
from callscope.audio.spool import spooled
from callscope.core.call import CallDirection
from callscope.core.conversation import Conversation, TimingBasis
from callscope.core.recording import Finding, FindingSeverity, RecordingAnalysis, Span
from callscope.core.transcript import HeardEntry, TranscriptEntry
from callscope.speech.alignment import Alignment, align
from callscope.speech.alignment_findings import alignment_findings, elsewhere_finding
from callscope.speech.channel_audio import read_from
from callscope.speech.diarization.diarizer import Diarization, diarize
from callscope.speech.diarization.embedder import EmbedderUnavailable
from callscope.speech.diarization.resemblyzer import load_embedder
from callscope.speech.diarization.roles import RoleBasis, VoiceRoles, assign_roles, segments_by_role
from callscope.speech.one_channel import LEAST_SPOKEN_RATIO, align_one_channel
from callscope.speech.transcript_timing import conversation_from_transcript
from callscope.speech.turns import build_conversation

NO_TRANSCRIPT = "There is no transcript whose times could stand in."
NO_TIMES = "The transcript's times do not tell who spoke when."
ALIGNED_CONFIDENCE = 0.8
"""Confidence of speech told apart by a transcript that fits it throughout: its turns' order is its sender's, the edges
are measured. An assumption, between measured channels and bare transcript times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedParties:
    """The conversation, or why there is none.

    `findings` belong into the input report; `heard` is where the transcript's entries are spoken.
    """

    conversation: Conversation | None
    reason: str | None
    findings: tuple[Finding, ...] = ()
    heard: tuple[HeardEntry, ...] = ()


def time_parties(
    path: Path,
    analysis: RecordingAnalysis,
    transcript: Sequence[TranscriptEntry],
    direction: CallDirection,
    *,
    scratch_dir: Path | None = None,
    max_duration_ms: int = MAX_DURATION_MS,
) -> TimedParties:
    """Return who spoke when in the analysed recording at `path`.

    One channel with both parties is told apart by the transcript's times where it has any, else by voice; `direction`
    then says who greets. Overlap is known of separate channels and of bare transcript times only.
    """
    if analysis.segments is not None:
        conversation = build_conversation(
            analysis.segments, basis=TimingBasis.CHANNEL_AUDIO, confidence=analysis.confidence
        )
        alignment = align(transcript, analysis.segments) if _has_times(transcript) else None
        return _on_transcript(conversation, alignment)
    told = conversation_from_transcript(transcript)
    if not _has_one_signal(analysis):
        return TimedParties(conversation=told, reason=None if told else _untimed(analysis, transcript))
    if told is not None:
        return _on_one_channel(transcript, analysis.speech[0]) or TimedParties(conversation=told, reason=None)
    diarization = _diarize(path, analysis.speech[0], scratch_dir, max_duration_ms)
    if isinstance(diarization, EmbedderUnavailable) or diarization.reason is not None:
        return TimedParties(conversation=None, reason=f"{_untimed(analysis, transcript)} {diarization.reason}")
    return _by_voice(diarization, transcript, direction)


def _has_one_signal(analysis: RecordingAnalysis) -> bool:
    return len(analysis.channels) == 1 or analysis.report.is_duplicated_mono


def _untimed(analysis: RecordingAnalysis, transcript: Sequence[TranscriptEntry]) -> str:
    return f"{analysis.reason} {NO_TIMES if transcript else NO_TRANSCRIPT}"


def _has_times(transcript: Sequence[TranscriptEntry]) -> bool:
    return conversation_from_transcript(transcript) is not None


def _on_transcript(conversation: Conversation, alignment: Alignment | None) -> TimedParties:
    """Return the conversation with where the transcript lies on it; one of another call is laid nowhere."""
    if alignment is None:
        return TimedParties(conversation=conversation, reason=None)
    spoken = [aligned for aligned in alignment.entries if aligned.has_speech]
    if len(spoken) < LEAST_SPOKEN_RATIO * len(alignment.entries):
        return TimedParties(conversation=conversation, reason=None, findings=(elsewhere_finding(),))
    heard = tuple(
        HeardEntry(
            entry_id=aligned.entry.id, start_ms=aligned.entry.start_offset_ms, end_ms=aligned.entry.end_offset_ms
        )
        for aligned in spoken
    )
    return TimedParties(
        conversation=conversation, reason=None, findings=tuple(alignment_findings(alignment)), heard=heard
    )


def _on_one_channel(transcript: Sequence[TranscriptEntry], speech: Sequence[Span]) -> TimedParties | None:
    found = align_one_channel(transcript, speech)
    if found is None:
        return None
    confidence = ALIGNED_CONFIDENCE * found.spoken_ratio
    conversation = build_conversation(found.segments, basis=TimingBasis.ALIGNED_TRANSCRIPT, confidence=confidence)
    return _on_transcript(conversation, found.alignment)


def _diarize(
    path: Path, speech: Sequence[Span], scratch_dir: Path | None, max_duration_ms: int
) -> Diarization | EmbedderUnavailable:
    embedder = load_embedder()
    if isinstance(embedder, EmbedderUnavailable):
        return embedder
    with spooled(path, scratch_dir=scratch_dir, max_duration_ms=max_duration_ms) as channels:
        return diarize(read_from(channels[0]), speech, embedder)


def _by_voice(
    diarization: Diarization, transcript: Sequence[TranscriptEntry], direction: CallDirection
) -> TimedParties:
    voices = assign_roles(diarization, transcript, direction)
    found = segments_by_role(diarization, voices)
    conversation = build_conversation(found.segments, basis=TimingBasis.DIARIZED, confidence=found.confidence)
    return TimedParties(conversation=conversation, reason=None, findings=(_voices_finding(voices),))


def _voices_finding(voices: VoiceRoles) -> Finding:
    by = {
        RoleBasis.TRANSCRIPT: f"The {voices.roles[0]} is the voice heard first, by the transcript.",
        RoleBasis.GREETING: f"The voice heard first is taken for the {voices.roles[0]}'s, by the call's direction.",
    }[voices.basis]
    return Finding(
        code="voices_told_apart",
        severity=FindingSeverity.INFO,
        channel_index=0,
        message=f"The parties were told apart by their voices. {by}",
        remedy="Separate channels, or a transcript with times, make it certain who is who.",
    )
