"""Everything on the call's one time axis: what the drawing is fed with, and the same as tables."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from callscope.core.call import Role
from callscope.core.conversation import Conversation, Segment, TimingBasis, TurnKind
from callscope.core.recording import MeasuredRecording
from callscope.web.formatting import clock, moment_link, span
from callscope.web.reader import TimedCall

ROLES = (Role.CUSTOMER, Role.AGENT)
LISTED_EVENTS = 25
MAX_LANES = 6
DEFAULT_SLOW_MS = 1500
SLOW_CHOICES_MS = (600, 800, 1000, 1500, 2000, 3000, 5000)
INTERRUPTION_LEAD_MS = 2000
SHORTEST_SILENCE_MS = 1500
SPEECH_LEAD_MS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A wait before a party's turn."""

    role: Role
    start_ms: int
    end_ms: int

    @property
    def length_ms(self) -> int:
        """How long the other party waited."""
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """One event as a table row: when, what, how much, and where a click goes."""

    at: str
    href: str
    what: str
    amount: str
    note: str
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTable:
    """Events of one kind, the most telling first; `total` counts those not listed too."""

    title: str
    amount_label: str
    rows: tuple[EventRow, ...]
    total: int
    empty: str


def responses(conversation: Conversation) -> tuple[Response, ...]:
    """Return every measured response, in call order."""
    return tuple(
        Response(role=turn.role, start_ms=turn.start_offset_ms - turn.response_time_ms, end_ms=turn.start_offset_ms)
        for turn in conversation.turns
        if turn.response_time_ms is not None
    )


def overlaps(segments: Sequence[Segment]) -> Iterator[tuple[int, int]]:
    """Yield the stretches in which both parties speak, in call order."""
    agent, customer = (
        sorted((one for one in segments if one.role is role), key=lambda one: one.start_offset_ms)
        for role in (Role.AGENT, Role.CUSTOMER)
    )
    left = right = 0
    while left < len(agent) and right < len(customer):
        start = max(agent[left].start_offset_ms, customer[right].start_offset_ms)
        end = min(agent[left].end_offset_ms, customer[right].end_offset_ms)
        if start < end:
            yield start, end
        if agent[left].end_offset_ms <= customer[right].end_offset_ms:
            left += 1
        else:
            right += 1


def silences(segments: Iterable[Segment]) -> Iterator[tuple[int, int]]:
    """Yield what playback may pass over: where nobody speaks for long, without the lead before the next words."""
    heard_until_ms = 0
    for one in sorted(segments, key=lambda one: one.start_offset_ms):
        if one.start_offset_ms - heard_until_ms >= SHORTEST_SILENCE_MS:
            yield heard_until_ms + SPEECH_LEAD_MS, one.start_offset_ms - SPEECH_LEAD_MS
        heard_until_ms = max(heard_until_ms, one.end_offset_ms)


def lanes(recording: MeasuredRecording | None, *, has_conversation: bool) -> list[dict[str, Any]]:
    """Return the lanes to draw: one per channel of the recording, then parties that have no channel of their own."""
    found: list[dict[str, Any]] = []
    for channel in recording.channels if recording else ():
        label = channel.role.value.capitalize() if channel.role else f"Channel {channel.index + 1}"
        found.append({"label": label, "role": channel.role, "channel": channel.index})
    if len(found) == 1 and found[0]["role"] is None:
        found[0]["label"] = "Recording"
    drawn = {lane["role"] for lane in found}
    if has_conversation:
        missing = (role for role in ROLES if role not in drawn)
        found += [{"label": role.value.capitalize(), "role": role, "channel": None} for role in missing]
    return found[:MAX_LANES]


def timeline_document(timed: TimedCall) -> dict[str, Any]:
    """Return what the page's script draws. Stretches are `[start_ms, end_ms]`."""
    conversation = timed.conversation
    segments = conversation.segments if conversation else ()
    return {
        "duration_ms": timed.length_ms,
        "lanes": lanes(timed.recording, has_conversation=conversation is not None),
        "speech": {
            role: [(one.start_offset_ms, one.end_offset_ms) for one in segments if one.role is role] for role in ROLES
        },
        "silences": list(silences(segments)),
        "overlaps": list(overlaps(segments)),
        "gaps": [
            {"role": gap.role, "start_ms": gap.start_ms, "end_ms": gap.end_ms}
            for gap in (responses(conversation) if conversation else ())
        ],
        "interruptions": [
            {
                "by": one.by,
                "at_ms": one.at_offset_ms,
                "overlap_ms": one.overlap_ms,
                "yielded": one.yielded,
                "stop_latency_ms": one.stop_latency_ms,
            }
            for one in (conversation.interruptions if conversation else ())
        ],
        "tools": [
            {"id": str(tool.id), "name": tool.name, "start_ms": tool.start_offset_ms, "end_ms": tool.end_offset_ms}
            for tool in timed.tools
        ],
    }


def event_tables(conversation: Conversation) -> tuple[EventTable, ...]:
    """Return the drawing's content as tables, the most telling rows first."""
    return (_response_table(conversation), _interruption_table(conversation), _overlap_table(conversation))


def timing_note(conversation: Conversation) -> str:
    """Return on what the timing rests and how far it may be trusted."""
    basis = {
        TimingBasis.CHANNEL_AUDIO: "Measured on the recording, one party per channel.",
        TimingBasis.TRANSCRIPT: "Measured on the transcript's times: only as true as they are.",
        TimingBasis.ALIGNED_TRANSCRIPT: "Speech found in the one channel, told apart by the transcript's times; "
        "overlap cannot be measured.",
        TimingBasis.DIARIZED: "Speech found in the one channel, told apart by voice; overlap cannot be measured.",
    }[conversation.basis]
    ignored = sum(turn.kind is TurnKind.BACKCHANNEL for turn in conversation.turns)
    sounds = "sound is" if ignored == 1 else "sounds are"
    listening = f" {ignored} short listening {sounds} not counted as turns." if ignored else ""
    return f"{basis} Confidence {conversation.confidence:.0%}.{listening}"


def _response_table(conversation: Conversation) -> EventTable:
    found = sorted(responses(conversation), key=lambda one: one.length_ms, reverse=True)
    agent_first = [one for one in found if one.role is Role.AGENT] + [one for one in found if one.role is Role.CUSTOMER]
    rows = (
        EventRow(
            at=clock(one.start_ms),
            href=moment_link(one.start_ms - DEFAULT_SLOW_MS),
            what=f"{one.role.value.capitalize()} answers",
            amount=span(one.length_ms),
            note=gap_words(one.length_ms) if one.role is Role.AGENT else "",
            tone=gap_size(one.length_ms) if one.role is Role.AGENT else "",
        )
        for one in agent_first
    )
    return _table("Responses, the agent's slowest first", "Wait", rows, len(found), "No party answered the other.")


def _interruption_table(conversation: Conversation) -> EventTable:
    failed_first = sorted(conversation.interruptions, key=lambda one: (one.yielded, one.at_offset_ms))
    rows = (
        EventRow(
            at=clock(one.at_offset_ms),
            href=moment_link(one.at_offset_ms - INTERRUPTION_LEAD_MS),
            what=f"{one.by.value.capitalize()} interrupts {one.by.other.value}",
            amount=span(one.overlap_ms),
            note=_interruption_note(one.by, yielded=one.yielded, stop_latency_ms=one.stop_latency_ms),
            tone="" if one.yielded else "bad",
        )
        for one in failed_first
    )
    return _table(
        "Interruptions, failed ones first", "Overlap", rows, len(conversation.interruptions), "Nobody interrupted."
    )


def _interruption_note(by: Role, *, yielded: bool, stop_latency_ms: int | None) -> str:
    if not yielded:
        return f"failed: the {by.other.value} went on"
    after = "" if stop_latency_ms is None else f" after {span(stop_latency_ms)}"
    return f"the {by.other.value} stopped{after}"


def _overlap_table(conversation: Conversation) -> EventTable:
    found = sorted(overlaps(conversation.segments), key=lambda one: one[1] - one[0], reverse=True)
    rows = (
        EventRow(at=clock(start), href=moment_link(start - 1000), what="Both speak", amount=span(end - start), note="")
        for start, end in found
    )
    return _table("Overlaps, longest first", "Length", rows, len(found), "The parties never spoke at once.")


def _table(title: str, amount_label: str, rows: Iterable[EventRow], total: int, empty: str) -> EventTable:
    listed = tuple(row for row, _ in zip(rows, range(LISTED_EVENTS), strict=False))
    return EventTable(title=title, amount_label=amount_label, rows=listed, total=total, empty=empty)


def gap_size(length_ms: int) -> str:
    """Return how a wait of the agent is coloured under the default threshold."""
    if length_ms >= 2 * DEFAULT_SLOW_MS:
        return "severe"
    if length_ms >= DEFAULT_SLOW_MS:
        return "slow"
    return "fair" if length_ms * 2 >= DEFAULT_SLOW_MS else "quick"


def gap_words(length_ms: int) -> str:
    """Return the same as a word, so that colour is never the only sign."""
    return {"severe": "very slow", "slow": "slow", "fair": "noticeable", "quick": "quick"}[gap_size(length_ms)]
