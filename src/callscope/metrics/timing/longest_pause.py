"""The longest time nobody spoke."""

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
from callscope.metrics.definition import MILLISECONDS, MetricDefinition, Parameters, Reading
from callscope.metrics.inputs import conversation_of
from callscope.metrics.timeline import silences_in


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State the longest silence and where it is."""
    segments = conversation_of(facts).segments
    longest = max(silences_in(facts), key=lambda silence: silence.duration_ms, default=None)
    if not segments:
        yield Reading.not_applicable("Nobody spoke.")
    elif longest is None:
        yield Reading(value=0, reason="Somebody spoke all the time.")
    else:
        span = EvidenceSpan(
            start_offset_ms=longest.start_offset_ms,
            end_offset_ms=longest.end_offset_ms,
            role=None,
            reason=f"between the {longest.before.role} and the {longest.after.role}",
        )
        yield Reading(value=longest.duration_ms, evidence=(span,))


METRIC = MetricDefinition(
    slug="longest_pause",
    name="Longest pause",
    description="The longest stretch between the first and the last speech in which nobody spoke.",
    family="timing",
    value_type=ValueType.NUMERIC,
    unit=MILLISECONDS,
    scope=MetricScope.GLOBAL,
    contexts=(MetricContext.CALL,),
    direction=Direction.LOWER_IS_BETTER,
    inputs=(MetricInput.TURNS,),
    version=1,
    compute=measure,
    formula="Maximum of the silences that `silence_duration` adds up.",
    edge_cases=(
        "Of equally long pauses the first is shown.",
        "0 means that there was no pause. A call in which nobody speaks has no value.",
    ),
    weaknesses=("It does not say who should have spoken; `missed_response_count` does.",),
)
