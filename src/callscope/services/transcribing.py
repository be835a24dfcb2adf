"""From a recording and who spoke when to words. Pure: no session; what goes over a network is the recogniser's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from callscope.audio.decode import MAX_DURATION_MS
from callscope.audio.spool import spooled
from callscope.core.call import Role
from callscope.core.conversation import Conversation
from callscope.core.recording import RecordingAnalysis, Span
from callscope.core.transcript import TranscriptEntry
from callscope.speech.channel_audio import read_from
from callscope.speech.stt.recognizer import Recognizer
from callscope.speech.stt.transcription import SpokenChannel, transcribe


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenPart:
    """One party's speech, ascending and disjoint, and the channel it is in."""

    role: Role
    channel_index: int
    spans: tuple[Span, ...]


def spoken_parts(analysis: RecordingAnalysis, conversation: Conversation) -> tuple[SpokenPart, ...]:
    """Return what each party said, where; in one channel both parties' speech lies in the first."""
    channel_of = {channel.role: channel.index for channel in analysis.channels if channel.role is not None}
    is_separate = analysis.segments is not None
    return tuple(
        SpokenPart(
            role=role,
            channel_index=channel_of[role] if is_separate else 0,
            spans=_joined([(s.start_offset_ms, s.end_offset_ms) for s in conversation.segments if s.role is role]),
        )
        for role in Role
    )


def transcribe_recording(
    path: Path,
    parts: Sequence[SpokenPart],
    recognizer: Recognizer,
    *,
    language: str | None = None,
    scratch_dir: Path | None = None,
    max_duration_ms: int = MAX_DURATION_MS,
    on_entry: Callable[[TranscriptEntry], None] | None = None,
) -> tuple[TranscriptEntry, ...]:
    """Return what was said in `parts` of the recording, by start, nobody attributed.

    `on_entry` is given each entry as soon as it is recognised, one party's after the other's.

    Raises:
        CallscopeError: the file cannot be decoded, or what the recogniser raises.
    """
    with spooled(path, scratch_dir=scratch_dir, max_duration_ms=max_duration_ms) as channels:
        spoken = [
            SpokenChannel(role=part.role, read=read_from(channels[part.channel_index]), segments=part.spans)
            for part in parts
        ]
        entries = []
        for entry in transcribe(spoken, recognizer, language=language):
            entries.append(entry)
            if on_entry is not None:
                on_entry(entry)
    return tuple(sorted(entries, key=lambda entry: (entry.start_offset_ms, entry.role)))


def _joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)
