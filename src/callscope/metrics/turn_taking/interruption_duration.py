"""How long both parties spoke when one broke in."""

from collections.abc import Iterator

from callscope.core.call import Role
from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, ValueType
from callscope.metrics.definition import MILLISECONDS, MetricDefinition, Parameters, Reading
from callscope.metrics.interruptions import per_event


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State the overlap of every interruption each party committed, and their median."""
    for role in Role:
        yield from per_event(facts, by=role, role=role, measured=lambda event: event.interruption.overlap_ms)


METRIC = MetricDefinition(
    slug="interruption_duration",
    name="Interruption duration",
    description=(
        "How long both parties spoke at once when one broke in. One value per interruption; the value of the call is "
        "the median."
    ),
    family="turn_taking",
    value_type=ValueType.NUMERIC,
    unit=MILLISECONDS,
    scope=MetricScope.PER_PARTICIPANT,
    contexts=(MetricContext.SEGMENT_RANGE, MetricContext.CALL),
    direction=Direction.LOWER_IS_BETTER,
    inputs=(MetricInput.OVERLAP,),
    version=1,
    compute=measure,
    formula=(
        "Per interruption: from its onset to where the first of the two parties stops. For the call: the median (p50), "
        "with count, sum, mean, min, max, p90 and p95 beside it."
    ),
    edge_cases=(
        "The party is the one that broke in.",
        "A call without interruptions has no value; `interruption_count` is 0 then.",
    ),
    weaknesses=("A long overlap may be the interrupted party's unwillingness to stop or the interrupter's to wait.",),
)
