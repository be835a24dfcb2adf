"""Which stretches of a call's recordings must not be heard, told by what was masked in its transcripts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.audio.beeping import beep_peaks
from callscope.core.recording import Recording, RecordingFile, Span
from callscope.core.transcript import Transcript, TranscriptEntry
from callscope.redaction.timing import spans_of
from callscope.services import recordings
from callscope.storage import recording_analyses

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

UNHEARD_MARGIN_MS = 1000
"""So far around words is covered that were not found in the recording: their times are by another clock."""


def spans_to_beep(transcripts: Sequence[Transcript]) -> tuple[Span, ...]:
    """Return the stretches in which masked words are said, ascending and disjoint, in milliseconds."""
    found = sorted(span for transcript in transcripts for entry in transcript.entries for span in _spans(entry))
    joined: list[Span] = []
    for start_ms, end_ms in found:
        if joined and start_ms <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end_ms))
        else:
            joined.append((start_ms, end_ms))
    return tuple(joined)


async def publish(
    session: "AsyncSession",
    call_id: UUID,
    masked: Sequence[tuple[Recording, RecordingFile | None]],
    spans: Sequence[Span],
) -> None:
    """Let a call's recordings be played, each as its masked copy where there is one, and draw them so."""
    for recording, file in masked:
        await recordings.publish(session, recording, file)
    if spans and masked:
        project_id = masked[0][0].project_id
        peaks = await recording_analyses.read_peaks(session, project_id=project_id, call_id=call_id)
        if peaks is not None:
            await recording_analyses.save_peaks(session, call_id=call_id, peaks=beep_peaks(peaks, spans))


def _spans(entry: TranscriptEntry) -> list[Span]:
    if entry.heard_start_ms is not None and entry.heard_end_ms is not None:
        return list(spans_of(entry.heard_start_ms, entry.heard_end_ms, entry.masked))
    said = spans_of(entry.start_offset_ms, entry.end_offset_ms, entry.masked)
    return [(max(0, start_ms - UNHEARD_MARGIN_MS), end_ms + UNHEARD_MARGIN_MS) for start_ms, end_ms in said]
