"""Where a call's analysis stands, in words."""

from dataclasses import dataclass
from datetime import datetime

from callscope.core.analysis import Analysis, AnalysisStatus, Stage

STAGE_WORDS = {
    Stage.TRANSCRIPT: "measuring the transcript",
    Stage.FETCH: "fetching the recording",
    Stage.MEASURE: "measuring the recording",
    Stage.TRANSCRIBE: "transcribing the recording",
    Stage.CONCLUDE: "finishing",
}
TONES = {
    AnalysisStatus.QUEUED: "waiting",
    AnalysisStatus.RUNNING: "running",
    AnalysisStatus.COMPLETED: "good",
    AnalysisStatus.FAILED: "bad",
    AnalysisStatus.CANCELLED: "muted",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisView:
    """`label` for a badge, `sentence` for the whole story.

    `reason` tells why the last try failed, `transcription_reason` why no words were recognised.
    """

    label: str
    tone: str
    sentence: str
    reason: str | None
    transcription_reason: str | None
    attempt_count: int
    next_attempt_at: datetime | None
    finished_at: datetime | None
    is_open: bool
    progress: str
    """Changes whenever there may be something new to show."""


def view_analysis(analysis: Analysis | None) -> AnalysisView:
    """Return the view of an analysis; a call without one says so."""
    if analysis is None:
        return AnalysisView(
            label="Not analysed",
            tone="muted",
            sentence="This call has no analysis.",
            reason=None,
            transcription_reason=None,
            attempt_count=0,
            next_attempt_at=None,
            finished_at=None,
            is_open=False,
            progress="none",
        )
    return AnalysisView(
        label=_label(analysis),
        tone=TONES[analysis.status],
        sentence=_sentence(analysis),
        reason=analysis.reason,
        transcription_reason=analysis.transcription_reason,
        attempt_count=analysis.attempt_count,
        next_attempt_at=analysis.next_attempt_at,
        finished_at=analysis.finished_at,
        is_open=not analysis.status.is_final,
        progress=f"{analysis.id}/{analysis.status}/{analysis.stage}/{analysis.attempt_count}",
    )


def _label(analysis: Analysis) -> str:
    if analysis.status is AnalysisStatus.RUNNING:
        return "Retrying" if analysis.attempt_count else "Analysing"
    return {
        AnalysisStatus.QUEUED: "Queued",
        AnalysisStatus.COMPLETED: "Analysed",
        AnalysisStatus.FAILED: "Failed",
        AnalysisStatus.CANCELLED: "Cancelled",
    }[analysis.status]


def _sentence(analysis: Analysis) -> str:
    stage = STAGE_WORDS[analysis.stage]
    if analysis.status is AnalysisStatus.QUEUED:
        return "Waiting for a worker."
    if analysis.status is AnalysisStatus.RUNNING and analysis.attempt_count:
        times = "once" if analysis.attempt_count == 1 else f"{analysis.attempt_count} times"
        return f"{stage.capitalize()} failed {times} so far."
    if analysis.status is AnalysisStatus.RUNNING:
        return f"Now {stage}."
    if analysis.status is AnalysisStatus.COMPLETED:
        return "Everything was measured."
    return f"{_label(analysis)} while {stage}."
