"""Measurements made up from the catalogue's example call."""

from collections.abc import Sequence

from callscope.core.recording import Finding, FindingSeverity
from callscope.metrics.example import EXAMPLE
from callscope.metrics.runner import compute
from callscope.services.measuring import Measurement
from tests.support.conversations import facts
from tests.support.recordings import analysis

BLEED = Finding(
    code="bleed",
    severity=FindingSeverity.WARNING,
    channel_index=1,
    message="The customer is audible at -24 dB.",
    remedy="Record each party on its own channel.",
)


def example_measurement(findings: Sequence[Finding] = (BLEED,)) -> Measurement:
    return Measurement(
        analysis=analysis(duration_ms=EXAMPLE.duration_ms or 0, findings=findings),
        conversation=EXAMPLE.conversation,
        conversation_reason=None,
        values=compute(EXAMPLE),
    )


def untimed_measurement(reason: str = "one channel holds both parties") -> Measurement:
    return Measurement(
        analysis=analysis(duration_ms=5000, roles=(None,), segments=None, reason=reason),
        conversation=None,
        conversation_reason=reason,
        values=compute(facts(None, duration_ms=5000, reason=reason)),
    )
