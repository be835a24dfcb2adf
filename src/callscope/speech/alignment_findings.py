"""What a transcript and the speech of its recording disagree about, for the input report. Places only, never words."""

from collections.abc import Iterator, Sequence

from callscope.core.recording import Finding, FindingSeverity
from callscope.speech.alignment import Alignment

LEAST_OFFSET_MS = 500
LEAST_SPEECH_MS = 500
"""Shorter speech without text is a sound nobody writes down."""
PLACES_NAMED = 8


def alignment_findings(found: Alignment) -> Iterator[Finding]:
    """Yield what does not fit, with where it is."""
    drift_s_per_hour = found.clock.drift_ratio * 3600
    if abs(found.clock.offset_ms) >= LEAST_OFFSET_MS or abs(drift_s_per_hour) >= 1:
        yield _finding(
            "transcript_clock",
            FindingSeverity.INFO,
            f"The transcript's clock differs from the recording's by {found.clock.offset_ms / 1000:+.1f} s at the "
            f"start and {drift_s_per_hour:+.1f} s an hour.",
            "Its entries were moved to where they are spoken. Send times counted from the recording's first sample.",
        )
    silent = [aligned.entry.start_offset_ms for aligned in found.entries if not aligned.has_speech]
    if silent:
        yield _finding(
            "text_without_speech",
            FindingSeverity.WARNING,
            f"{len(silent)} of {len(found.entries)} entries of the transcript lie where their party does not speak: "
            f"{_places(silent)}.",
            "Check that the words were spoken in this call, by this party, at this time.",
        )
    untold = [segment for segment in found.speech_without_text if segment.duration_ms >= LEAST_SPEECH_MS]
    if untold:
        untold_s = sum(segment.duration_ms for segment in untold) / 1000
        yield _finding(
            "speech_without_text",
            FindingSeverity.WARNING,
            f"{untold_s:.1f} s of speech in {len(untold)} places have no text: "
            f"{_places([segment.start_offset_ms for segment in untold])}.",
            "The transcriber missed it, or noise was taken for speech: listen there.",
        )


def elsewhere_finding() -> Finding:
    """Return the finding that a transcript does not lie on the recording's speech at all."""
    return _finding(
        "transcript_elsewhere",
        FindingSeverity.PROBLEM,
        "Most entries of the transcript lie where nobody speaks, whatever its clock.",
        "Check that recording and transcript are of the same call, and that the transcript has times.",
    )


def _places(starts_ms: Sequence[int]) -> str:
    named = [f"{start // 60_000}:{start % 60_000 / 1000:04.1f}" for start in starts_ms[:PLACES_NAMED]]
    more = len(starts_ms) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")


def _finding(code: str, severity: FindingSeverity, message: str, remedy: str) -> Finding:
    return Finding(code=code, severity=severity, channel_index=None, message=message, remedy=remedy)
