"""How long a party had held the floor when it was interrupted."""

from collections.abc import Iterator

from callscope.core.call import Role
from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, ValueType
from callscope.metrics.definition import MILLISECONDS, MetricDefinition, Parameters, Reading
from callscope.metrics.interruptions import per_event


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State how far into each party's turns it was interrupted, and the median."""
    for role in Role:
        yield from per_event(facts, by=role.other, role=role, measured=lambda event: event.spoken_before_ms)


METRIC = MetricDefinition(
    slug="pre_interruption_speaker_duration",
    name="Speaking time before an interruption",
    description=(
        "How long a party had held the floor when the other broke in. One value per interruption; the value of the "
        "call is the median."
    ),
    family="turn_taking",
    value_type=ValueType.NUMERIC,
    unit=MILLISECONDS,
    scope=MetricScope.PER_PARTICIPANT,
    contexts=(MetricContext.SEGMENT_RANGE, MetricContext.CALL),
    direction=Direction.NEUTRAL,
    inputs=(MetricInput.OVERLAP,),
    version=1,
    compute=measure,
    formula=(
        "Per interruption: its onset minus the start of the interrupted party's turn, pauses included. For the call: "
        "the median (p50), with count, sum, mean, min, max, p90 and p95 beside it."
    ),
    edge_cases=(
        "The party is the one that was interrupted.",
        "Of a party that was never interrupted there is no value.",
    ),
    weaknesses=(
        "It does not tell why: who is interrupted late may have talked for too long, who is at once started too early.",
    ),
)
