"""A call while it runs and is analysed: what is new, small enough to be sent again and again."""

from dataclasses import dataclass
from datetime import datetime

from callscope.core.call import CallStatus
from callscope.web.reader import CallRecord, TranscriptPart
from callscope.web.views.analysis import AnalysisView, view_analysis
from callscope.web.views.metrics import Figure, figures
from callscope.web.views.timeline import DEFAULT_SLOW_MS
from callscope.web.views.transcript import TranscriptItem, view_part


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCallView:
    """`turns` are the newest; `turn_count` and `tool_count` are of the whole call."""

    id: str
    is_running: bool
    is_over: bool
    started_at: datetime
    turn_count: int
    tool_count: int
    turns: tuple[TranscriptItem, ...]
    analysis: AnalysisView
    figures: tuple[Figure, ...]


def view_live_call(record: CallRecord, newest: TranscriptPart) -> LiveCallView:
    """Return the view of a call; `newest` is the last part of its transcript."""
    analysis = view_analysis(record.analysis)
    is_running = record.call.status is not CallStatus.ENDED
    return LiveCallView(
        id=str(record.call.id),
        is_running=is_running,
        is_over=not is_running and not analysis.is_open,
        started_at=record.call.started_at,
        turn_count=0 if record.transcript is None else record.transcript.entry_count,
        tool_count=record.tool_count,
        turns=view_part(newest),
        analysis=analysis,
        figures=figures(record.values, slow_ms=DEFAULT_SLOW_MS) if record.values else (),
    )
