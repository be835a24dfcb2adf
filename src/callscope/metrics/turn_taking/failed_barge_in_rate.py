"""How many of the customer's barge-ins failed, as a share."""

from collections.abc import Iterator

from callscope.core.call import Role
from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, ValueType
from callscope.metrics.definition import RATIO, MetricDefinition, Parameter, Parameters, Reading
from callscope.metrics.inputs import conversation_of
from callscope.metrics.interruptions import evidence_of, interruptions_by
from callscope.metrics.statistics import MINIMUM_EVENTS_FOR_RATE


def measure(facts: CallFacts, parameters: Parameters) -> Iterator[Reading]:
    """State the share of barge-ins that failed."""
    barge_ins = interruptions_by(Role.CUSTOMER, conversation_of(facts))
    failed = [barge_in for barge_in in barge_ins if not barge_in.yielded]
    statistics = {"numerator": len(failed), "denominator": len(barge_ins)}
    if len(barge_ins) < int(parameters["minimum_barge_ins"]):
        reason = f"{len(failed)} of {len(barge_ins)} barge-ins failed: too few for a rate."
        yield Reading.not_applicable(reason, statistics=statistics)
    else:
        yield Reading(value=len(failed) / len(barge_ins), statistics=statistics, evidence=evidence_of(failed))


METRIC = MetricDefinition(
    slug="failed_barge_in_rate",
    name="Failed barge-in rate",
    description="The share of the customer's barge-ins after which the agent kept talking.",
    family="turn_taking",
    value_type=ValueType.NUMERIC,
    unit=RATIO,
    scope=MetricScope.GLOBAL,
    contexts=(MetricContext.CALL,),
    direction=Direction.LOWER_IS_BETTER,
    inputs=(MetricInput.OVERLAP,),
    version=1,
    compute=measure,
    parameters=(
        Parameter(
            name="minimum_barge_ins",
            default=MINIMUM_EVENTS_FOR_RATE,
            meaning="With fewer barge-ins there is no rate, only the two counts.",
        ),
    ),
    formula="`numerator` (failed barge-ins) divided by `denominator` (all barge-ins).",
    edge_cases=(
        "Most calls have fewer barge-ins than make a rate: `NOT_APPLICABLE`, with both counts beside it.",
        "Of many calls, add numerators and denominators and divide once.",
    ),
    weaknesses=("An agent whose sentence happened to end within the yield limit looks as if it had yielded.",),
)
