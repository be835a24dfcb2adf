"""The transcript in pages, with the waits and the tools between the words."""

import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from callscope.core.call import Role, ToolInvocation
from callscope.core.conversation import Conversation, Turn, TurnKind
from callscope.core.transcript import Transcript, TranscriptEntry, TranscriptSource
from callscope.web.formatting import clock, moment_link, span
from callscope.web.reader import CallRecord
from callscope.web.views.timeline import DEFAULT_SLOW_MS, gap_size, gap_words

ITEMS_PER_PAGE = 60
NEAR_MS = 700
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
    """One stretch of words, with the wait before it when it opens a turn that answers."""

    role: Role
    party: str
    at: str
    at_ms: int
    href: str
    text: str
    wait: str | None
    wait_tone: str
    wait_words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptItem:
    """A line of the transcript: words or a tool."""

    entry: EntryView | None
    tool: ToolView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptPage:
    """A page of lines; `items` None where it is fetched on reaching it."""

    index: int
    start_ms: int
    item_count: int
    items: tuple[TranscriptItem, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptView:
    """The whole transcript, its first page filled."""

    source: str
    entry_count: int
    pages: tuple[TranscriptPage, ...]


def view_transcript(record: CallRecord) -> TranscriptView | None:
    """Return the transcript with its first page filled, None when nothing was said or recognised."""
    if record.transcript is None or not record.transcript.entries:
        return None
    lines = _lines(record.transcript, record.tools)
    pages = []
    for index, first in enumerate(range(0, len(lines), ITEMS_PER_PAGE)):
        chunk = lines[first : first + ITEMS_PER_PAGE]
        items = _items(chunk, record.conversation) if index == 0 else None
        start_ms = 0 if index == 0 else chunk[0].start_offset_ms
        pages.append(TranscriptPage(index=index, start_ms=start_ms, item_count=len(chunk), items=items))
    source = SOURCE_WORDS[record.transcript.source]
    return TranscriptView(source=source, entry_count=len(record.transcript.entries), pages=tuple(pages))


def view_page(record: CallRecord, index: int) -> tuple[TranscriptItem, ...]:
    """Return the lines of one page, none beyond the end."""
    if record.transcript is None:
        return ()
    lines = _lines(record.transcript, record.tools)
    return _items(lines[index * ITEMS_PER_PAGE : (index + 1) * ITEMS_PER_PAGE], record.conversation)


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


def _lines(transcript: Transcript, tools: tuple[ToolInvocation, ...]) -> list[TranscriptEntry | ToolInvocation]:
    lines: list[TranscriptEntry | ToolInvocation] = [*transcript.entries, *tools]
    return sorted(lines, key=lambda line: line.start_offset_ms)


def _items(
    lines: list[TranscriptEntry | ToolInvocation], conversation: Conversation | None
) -> tuple[TranscriptItem, ...]:
    turns = _answering_turns(conversation)
    items = []
    for line in lines:
        if isinstance(line, ToolInvocation):
            items.append(TranscriptItem(entry=None, tool=view_tool(line)))
        else:
            items.append(TranscriptItem(entry=_view_entry(line, _take_turn(turns, line)), tool=None))
    return tuple(items)


def _answering_turns(conversation: Conversation | None) -> dict[Role, list[Turn]]:
    turns = conversation.turns if conversation else ()
    return {
        role: [turn for turn in turns if turn.role is role and turn.kind is TurnKind.TURN and turn.response_time_ms]
        for role in Role
    }


def _take_turn(turns: dict[Role, list[Turn]], entry: TranscriptEntry) -> Turn | None:
    """Return the turn that opens with this entry: one starts at most `NEAR_MS` off, and no entry had it before."""
    candidates = turns[entry.role]
    starts = [turn.start_offset_ms for turn in candidates]
    index = bisect_right(starts, entry.start_offset_ms + NEAR_MS) - 1
    if index < 0 or abs(starts[index] - entry.start_offset_ms) > NEAR_MS:
        return None
    return candidates.pop(index)


def _view_entry(entry: TranscriptEntry, turn: Turn | None) -> EntryView:
    wait_ms = turn.response_time_ms if turn else None
    is_agent = entry.role is Role.AGENT
    return EntryView(
        role=entry.role,
        party=entry.role.value.capitalize(),
        at=clock(entry.start_offset_ms),
        at_ms=entry.start_offset_ms,
        href=moment_link(entry.start_offset_ms),
        text=entry.text,
        wait=None if wait_ms is None else span(wait_ms),
        wait_tone=gap_size(wait_ms) if is_agent and wait_ms is not None else "other",
        wait_words=gap_words(wait_ms) if is_agent and wait_ms is not None and wait_ms >= DEFAULT_SLOW_MS else "",
    )
