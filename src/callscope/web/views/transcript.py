"""The transcript in parts, with the waits and the tools between the words."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from callscope.core.call import Role, ToolInvocation
from callscope.core.metric import MetricValue
from callscope.core.transcript import MarkedPiece, TranscriptEntry, TranscriptSource
from callscope.web.formatting import clock, moment_link, span
from callscope.web.reader import (
    ENTRIES_PER_PART,
    TURN_TOLERANCE_MS,
    CallRecord,
    Marks,
    TranscriptPart,
    part_limits_ms,
)
from callscope.web.views.timeline import DEFAULT_SLOW_MS, gap_size, gap_words

SOURCE_WORDS = {
    TranscriptSource.CUSTOMER_AGENT_REALTIME: "sent with the call",
    TranscriptSource.SIMULATION_AGENT_REALTIME: "from the simulation",
    TranscriptSource.ROARK_POST_CALL: "recognised from the recording",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolView:
    """One use of a tool with everything that went in and came out."""

    name: str
    description: str | None
    at: str
    href: str
    at_ms: int
    duration: str
    parameters: tuple[tuple[str, str], ...]
    result: str
    has_returned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """One stretch of words, with the wait before it when it opens a turn that answers.

    `pieces` are the same words by how another transcript has them, empty where there is none.
    """

    role: Role
    party: str
    at: str
    at_ms: int
    href: str
    text: str
    pieces: tuple[MarkedPiece, ...]
    wait: str | None
    wait_tone: str
    wait_words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptItem:
    """A line of the transcript: words or a tool."""

    entry: EntryView | None
    tool: ToolView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptPartView:
    """A part of the lines; `items` None where it is fetched on reaching it."""

    index: int
    start_ms: int
    entry_count: int
    items: tuple[TranscriptItem, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptView:
    """The whole transcript, its first part filled."""

    source: str
    entry_count: int
    parts: tuple[TranscriptPartView, ...]


def view_transcript(record: CallRecord) -> TranscriptView | None:
    """Return the transcript with its first part filled, None when nothing was said or recognised."""
    outline = record.transcript
    if outline is None or not outline.entry_count:
        return None
    parts = []
    for index in range(len(outline.part_starts_ms)):
        left = outline.entry_count - index * ENTRIES_PER_PART
        parts.append(
            TranscriptPartView(
                index=index,
                start_ms=part_limits_ms(outline, index)[0],
                entry_count=min(left, ENTRIES_PER_PART),
                items=view_part(record.first_part) if index == 0 else None,
            )
        )
    return TranscriptView(source=SOURCE_WORDS[outline.source], entry_count=outline.entry_count, parts=tuple(parts))


def view_part(part: TranscriptPart) -> tuple[TranscriptItem, ...]:
    """Return the lines of one part, words and tools in the order of the call."""
    waiting = {role: [value for value in part.responses if value.role is role] for role in Role}
    lines: list[TranscriptEntry | ToolInvocation] = sorted(
        [*part.entries, *part.tools], key=lambda line: line.start_offset_ms
    )
    return tuple(
        TranscriptItem(entry=None, tool=view_tool(line))
        if isinstance(line, ToolInvocation)
        else TranscriptItem(entry=_view_entry(line, part.marks, _take_wait_ms(waiting[line.role], line)), tool=None)
        for line in lines
    )


def view_tool(tool: ToolInvocation) -> ToolView:
    """Return one tool use ready to show."""
    return ToolView(
        name=tool.name,
        description=tool.description,
        at=clock(tool.start_offset_ms),
        href=moment_link(tool.start_offset_ms),
        at_ms=tool.start_offset_ms,
        duration="end unknown" if tool.duration_ms is None else span(tool.duration_ms),
        parameters=tuple((name, _plain(value)) for name, value in tool.parameters.items()),
        result=_plain(tool.result),
        has_returned=tool.result != "",
    )


def _plain(value: Any) -> str:  # noqa: ANN401 - whatever JSON the sender put there
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        value = dict(value)
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def _take_wait_ms(waiting: list[MetricValue], entry: TranscriptEntry) -> int | None:
    """Take the response that this entry opens: one whose turn starts about when the entry does, given to no other."""
    for index, value in enumerate(waiting):
        is_near = abs(value.segments[-1].start_offset_ms - entry.marker_ms) <= TURN_TOLERANCE_MS
        if is_near and isinstance(value.value, int | float):
            del waiting[index]
            return round(value.value)
    return None


def _view_entry(entry: TranscriptEntry, marks: Marks, wait_ms: int | None) -> EntryView:
    is_agent = entry.role is Role.AGENT
    return EntryView(
        role=entry.role,
        party=entry.role.value.capitalize(),
        at=clock(entry.marker_ms),
        at_ms=entry.marker_ms,
        href=moment_link(entry.marker_ms),
        text=entry.text,
        pieces=marks.get(entry.id, ()),
        wait=None if wait_ms is None else span(wait_ms),
        wait_tone=gap_size(wait_ms) if is_agent and wait_ms is not None else "other",
        wait_words=gap_words(wait_ms) if is_agent and wait_ms is not None and wait_ms >= DEFAULT_SLOW_MS else "",
    )
