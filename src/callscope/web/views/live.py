"""A call while it runs and is analysed: what is new, small enough to be sent again and again."""

from dataclasses import dataclass
from datetime import datetime

from callscope.core.call import CallStatus, Role
from callscope.core.conversation import Turn, TurnKind
from callscope.core.span_meaning import TracedTool, TracedWords
from callscope.services.live_dialogue import TracedDialogue
from callscope.services.live_hearing import HeardCall
from callscope.web.formatting import clock, span
from callscope.web.reader import CallRecord, TranscriptPart
from callscope.web.views.analysis import AnalysisView, view_analysis
from callscope.web.views.metrics import Figure, figures
from callscope.web.views.timeline import DEFAULT_SLOW_MS, gap_size, gap_words
from callscope.web.views.transcript import TranscriptItem, view_part

NEWEST_HEARD = 12
NEWEST_TRACED = 24
NS_PER_MS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardTurn:
    """A turn nobody wrote down yet, with the wait before it when it answers."""

    role: Role
    party: str
    at: str
    length: str
    wait: str | None
    wait_tone: str
    wait_words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardView:
    """What the recording of a call under way tells up to `until`; `turns` are the newest of `turn_count`."""

    until: str
    turn_count: int
    turns: tuple[HeardTurn, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedLine:
    """What a trace tells: words of a party, or the use of a tool, then without a `role`."""

    role: Role | None
    party: str
    at: str
    text: str
    length: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedView:
    """What the traces of a call under way tell; `lines` are the newest. Unless `is_whole`, so are counts."""

    turn_count: int
    tool_count: int
    is_whole: bool
    lines: tuple[TracedLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCallView:
    """`turns` are the newest; `turn_count` and `tool_count` are of the whole call.

    As long as nobody's words have come in, `traced` stands in for turns, else `heard`.
    """

    id: str
    is_running: bool
    is_over: bool
    started_at: datetime
    turn_count: int
    tool_count: int
    turns: tuple[TranscriptItem, ...]
    traced: TracedView | None
    heard: HeardView | None
    analysis: AnalysisView
    figures: tuple[Figure, ...]


def view_live_call(record: CallRecord, newest: TranscriptPart) -> LiveCallView:
    """Return the view of a call; `newest` is the last part of its transcript."""
    analysis = view_analysis(record.analysis)
    is_running = record.call.status is not CallStatus.ENDED
    heard = record.heard if is_running else None
    traced = record.traced if is_running and record.transcript is None else None
    values = record.values if heard is None else (*heard.values, *record.values)
    return LiveCallView(
        id=str(record.call.id),
        is_running=is_running,
        is_over=not is_running and not analysis.is_open,
        started_at=record.call.started_at,
        turn_count=0 if record.transcript is None else record.transcript.entry_count,
        tool_count=record.tool_count,
        turns=view_part(newest),
        traced=None if traced is None else _view_traced(traced, record.call.started_at),
        heard=None if heard is None or record.transcript is not None else _view_heard(heard),
        analysis=analysis,
        figures=figures(values, slow_ms=DEFAULT_SLOW_MS) if values else (),
    )


def _view_traced(traced: TracedDialogue, started_at: datetime) -> TracedView:
    turn_count = sum(isinstance(line, TracedWords) for line in traced.lines)
    return TracedView(
        turn_count=turn_count,
        tool_count=len(traced.lines) - turn_count,
        is_whole=traced.is_whole,
        lines=tuple(_view_line(line, started_at) for line in traced.lines[-NEWEST_TRACED:]),
    )


def _view_line(line: TracedWords | TracedTool, started_at: datetime) -> TracedLine:
    role, text = (line.role, line.text) if isinstance(line, TracedWords) else (None, line.name)
    return TracedLine(
        role=role,
        party="Tool" if role is None else role.value.capitalize(),
        at=clock(round(line.start_unix_ns / NS_PER_MS - started_at.timestamp() * 1000)),
        text=text,
        length=span((line.end_unix_ns - line.start_unix_ns) / NS_PER_MS),
    )


def _view_heard(heard: HeardCall) -> HeardView:
    turns = [turn for turn in heard.conversation.turns if turn.kind is TurnKind.TURN]
    newest = tuple(_view_turn(turn) for turn in turns[-NEWEST_HEARD:])
    return HeardView(until=clock(heard.until_ms), turn_count=len(turns), turns=newest)


def _view_turn(turn: Turn) -> HeardTurn:
    wait_ms, is_agent = turn.response_time_ms, turn.role is Role.AGENT
    return HeardTurn(
        role=turn.role,
        party=turn.role.value.capitalize(),
        at=clock(turn.start_offset_ms),
        length=span(turn.end_offset_ms - turn.start_offset_ms),
        wait=None if wait_ms is None else span(wait_ms),
        wait_tone="" if wait_ms is None else gap_size(wait_ms) if is_agent else "other",
        wait_words=gap_words(wait_ms) if is_agent and wait_ms is not None and wait_ms >= DEFAULT_SLOW_MS else "",
    )
