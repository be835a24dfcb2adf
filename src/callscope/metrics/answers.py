"""Answers: turns with the wait before them, for the metrics that measure and count them."""

from collections.abc import Mapping

from callscope.core.call import Role
from callscope.core.conversation import Turn
from callscope.core.metric import CallFacts, EvidenceSpan
from callscope.metrics.inputs import conversation_of
from callscope.metrics.shared import once_per_call

Answer = tuple[Turn, int]
"""A turn with the milliseconds waited before it."""


@once_per_call
def answers(facts: CallFacts) -> Mapping[Role, tuple[Answer, ...]]:
    """Return each party's turns that follow silence after the other party's speech, in order."""
    waited = [(turn, turn.response_time_ms) for turn in conversation_of(facts).turns]
    return {
        role: tuple((turn, wait_ms) for turn, wait_ms in waited if turn.role is role and wait_ms is not None)
        for role in Role
    }


def wait_before(turn: Turn, wait_ms: int) -> EvidenceSpan:
    """Return the wait before an answer, as evidence."""
    return EvidenceSpan(
        start_offset_ms=turn.start_offset_ms - wait_ms,
        end_offset_ms=turn.start_offset_ms,
        role=turn.role,
        reason=f"the {turn.role} answered after {wait_ms} ms",
    )
