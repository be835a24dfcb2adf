"""What lists and overviews know of a measured call at a glance: a few figures and a strip of who spoke when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntFlag, StrEnum
from uuid import UUID

from callscope.core.call import EndedStatus, Role
from callscope.core.conversation import Conversation

STRIP_COLUMNS = 160
STRIP_SLOW_MS = 1500
"""From how long a wait for the agent is marked in a strip."""
STRIP_SEVERE_MS = 3000

FAILED_ENDS = frozenset(
    {
        EndedStatus.AGENT_DID_NOT_ANSWER,
        EndedStatus.AGENT_DID_NOT_SPEAK,
        EndedStatus.AGENT_STOPPED_SPEAKING,
        EndedStatus.AGENT_ERROR,
        EndedStatus.PHONE_CALL_PROVIDER_CONNECTION_ERROR,
        EndedStatus.DIAL_ERROR,
    }
)
"""Ends that mean the agent or the line broke down."""


class StripMark(IntFlag):
    """What one column of a strip shows; several may hold at once."""

    AGENT = 1
    CUSTOMER = 2
    SLOW = 4
    SEVERE = 8
    FAILED_BARGE_IN = 16


class Worst(StrEnum):
    """By what calls are the worst, worst first; only calls are meant that have that fault at all."""

    SLOWEST = "slowest"
    """Highest 95th percentile of the agent's response times."""
    BARGE_INS = "barge-ins"
    """Most barge-ins the agent talked over."""
    TOOLS = "tools"
    """Most tools that failed."""
    QUALITY = "quality"
    """Lowest quality of the sound."""
    ERRORS = "errors"
    """Broken down, the newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFigures:
    """One call's figures; None is what could not be measured.

    `responses_ms` are the agent's response times. `strip` has one byte of `StripMark` a column, each of an equal share
    of the call. `is_error` tells that the call or its analysis broke down.
    """

    call_id: UUID
    project_id: UUID
    started_at: datetime
    agent_ids: tuple[UUID, ...]
    prompt_version_ids: tuple[UUID, ...]
    ended_status: EndedStatus | None
    is_error: bool
    responses_ms: tuple[int, ...]
    response_p95_ms: int | None
    barge_in_count: int | None
    failed_barge_in_count: int | None
    tool_count: int
    failed_tool_count: int
    quality_score: float | None
    strip: bytes | None


def draw_strip(conversation: Conversation, *, length_ms: int) -> bytes:
    """Return the strip of a call of that length."""
    columns = bytearray(STRIP_COLUMNS)
    for segment in conversation.segments:
        mark = StripMark.AGENT if segment.role is Role.AGENT else StripMark.CUSTOMER
        _paint(columns, segment.start_offset_ms, segment.end_offset_ms, mark, length_ms)
    for start_ms, end_ms in _agent_waits(conversation):
        wait_ms = end_ms - start_ms
        if wait_ms >= STRIP_SLOW_MS:
            _paint(
                columns, start_ms, end_ms, StripMark.SEVERE if wait_ms >= STRIP_SEVERE_MS else StripMark.SLOW, length_ms
            )
    for one in conversation.interruptions:
        if one.by is Role.CUSTOMER and not one.yielded:
            _paint(columns, one.at_offset_ms, one.at_offset_ms + 1, StripMark.FAILED_BARGE_IN, length_ms)
    return bytes(columns)


def _agent_waits(conversation: Conversation) -> Iterable[tuple[int, int]]:
    for turn in conversation.turns:
        if turn.role is Role.AGENT and turn.response_time_ms is not None:
            yield turn.start_offset_ms - turn.response_time_ms, turn.start_offset_ms


def _paint(columns: bytearray, start_ms: int, end_ms: int, mark: StripMark, length_ms: int) -> None:
    """Mark every column that the stretch touches, one at least."""
    first = max(0, start_ms) * STRIP_COLUMNS // length_ms
    last = max(first + 1, -(-end_ms * STRIP_COLUMNS // length_ms))
    bit = int(mark)
    for at in range(first, min(last, STRIP_COLUMNS)):
        columns[at] |= bit
