"""How much of the speech is both parties at once."""

from collections.abc import Iterator

from callscope.core.metric import (
    CallFacts,
    Direction,
    EvidenceSpan,
    MetricContext,
    MetricInput,
    MetricScope,
    ValueType,
)
from callscope.metrics.definition import RATIO, MetricDefinition, Parameters, Reading
from callscope.metrics.inputs import conversation_of
from callscope.metrics.intervals import Interval, covered_ms, overlaps
from callscope.metrics.timeline import anyone_speaks_ms


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State the share of speech time in which both speak."""
    segments = conversation_of(facts).segments
    anyone_ms = anyone_speaks_ms(facts)
    if anyone_ms == 0:
        yield Reading.not_applicable("Nobody spoke.")
        return
    both = overlaps(segments)
    yield Reading(
        value=covered_ms(both) / anyone_ms,
        evidence=tuple(_span(interval) for interval in both),
        statistics={"count": len(both), "numerator": covered_ms(both), "denominator": anyone_ms},
    )


def _span(interval: Interval) -> EvidenceSpan:
    start_ms, end_ms = interval
    reason = f"both spoke for {end_ms - start_ms} ms"
    return EvidenceSpan(start_offset_ms=start_ms, end_offset_ms=end_ms, role=None, reason=reason)


METRIC = MetricDefinition(
    slug="overtalk_ratio",
    name="Overtalk ratio",
    description="The share of the time anyone speaks in which both parties speak at once.",
    family="turn_taking",
    value_type=ValueType.NUMERIC,
    unit=RATIO,
    scope=MetricScope.GLOBAL,
    contexts=(MetricContext.CALL,),
    direction=Direction.LOWER_IS_BETTER,
    inputs=(MetricInput.OVERLAP,),
    version=1,
    compute=measure,
    formula="Time both speak ÷ time anyone speaks. `numerator` and `denominator` are milliseconds.",
    edge_cases=("Backchannels during the other party's speech are overlap and are counted.",),
    weaknesses=(
        "Most transcripts write one entry after the other: on transcript times the ratio is a lower bound.",
        "Bleed between channels looks like overlap; it is gated out before, and the input check reports it.",
    ),
)
