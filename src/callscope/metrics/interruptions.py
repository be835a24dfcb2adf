"""Interruptions as evidence and counts, for the metrics that tally them."""

from collections.abc import Sequence

from callscope.core.call import Role
from callscope.core.conversation import Conversation, Interruption
from callscope.core.metric import EvidenceSpan
from callscope.metrics.statistics import percentile


def interruptions_by(role: Role, conversation: Conversation) -> tuple[Interruption, ...]:
    """Return the interruptions the party committed, in order."""
    return tuple(interruption for interruption in conversation.interruptions if interruption.by is role)


def evidence_of(interruptions: Sequence[Interruption]) -> tuple[EvidenceSpan, ...]:
    """Return one span per interruption, over the speech both parties share."""
    return tuple(
        EvidenceSpan(
            start_offset_ms=interruption.at_offset_ms,
            end_offset_ms=interruption.at_offset_ms + interruption.overlap_ms,
            role=interruption.by,
            reason=_account(interruption),
        )
        for interruption in interruptions
    )


def tally(interruptions: Sequence[Interruption]) -> dict[str, int | None]:
    """Return how the interruptions went: how many, yielded to or not, and the median time to stop."""
    latencies_ms = [event.stop_latency_ms for event in interruptions if event.stop_latency_ms is not None]
    return {
        "count": len(interruptions),
        "yielded_count": sum(event.yielded for event in interruptions),
        "failed_count": sum(not event.yielded for event in interruptions),
        "stop_latency_p50_ms": round(percentile(latencies_ms, 0.5)) if latencies_ms else None,
    }


def _account(interruption: Interruption) -> str:
    opening = f"the {interruption.by} started while the {interruption.by.other} was speaking"
    if interruption.stop_latency_ms is not None:
        return f"{opening}; the {interruption.by.other} stopped after {interruption.stop_latency_ms} ms"
    return f"{opening}; the {interruption.by.other} did not stop"
