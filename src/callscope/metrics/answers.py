"""Answers: turns with the wait before them, for the metrics that measure and count them."""

from callscope.core.call import Role
from callscope.core.conversation import Conversation, Turn
from callscope.core.metric import EvidenceSpan

Answer = tuple[Turn, int]
"""A turn with the milliseconds waited before it."""


def answers_of(role: Role, conversation: Conversation) -> tuple[Answer, ...]:
    """Return the party's turns that follow silence after the other party's speech, in order."""
    return tuple(
        (turn, turn.response_time_ms)
        for turn in conversation.turns
        if turn.role is role and turn.response_time_ms is not None
    )


def wait_before(turn: Turn, wait_ms: int) -> EvidenceSpan:
    """Return the wait before an answer, as evidence."""
    return EvidenceSpan(
        start_offset_ms=turn.start_offset_ms - wait_ms,
        end_offset_ms=turn.start_offset_ms,
        role=turn.role,
        reason=f"the {turn.role} answered after {wait_ms} ms",
    )
