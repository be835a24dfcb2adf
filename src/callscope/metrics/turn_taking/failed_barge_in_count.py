"""How often the agent talked over a customer who broke in."""

from collections.abc import Iterator

from callscope.core.call import Role
from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, Unit, ValueType
from callscope.metrics.definition import MetricDefinition, Parameters, Reading
from callscope.metrics.inputs import conversation_of
from callscope.metrics.interruptions import evidence_of, interruptions_by


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State how many barge-ins the agent did not yield to."""
    barge_ins = interruptions_by(Role.CUSTOMER, conversation_of(facts))
    failed = tuple(barge_in for barge_in in barge_ins if not barge_in.yielded)
    yield Reading(
        value=len(failed),
        evidence=evidence_of(failed),
        statistics={"numerator": len(failed), "denominator": len(barge_ins)},
    )


METRIC = MetricDefinition(
    slug="failed_barge_in_count",
    name="Failed barge-ins",
    description="How often the customer broke in and the agent kept talking.",
    family="turn_taking",
    value_type=ValueType.COUNT,
    unit=Unit(name="barge-ins", symbol="barge-ins"),
    scope=MetricScope.GLOBAL,
    contexts=(MetricContext.CALL,),
    direction=Direction.LOWER_IS_BETTER,
    inputs=(MetricInput.OVERLAP,),
    version=1,
    compute=measure,
    formula=(
        "Number of customer barge-ins after which the agent did not stop within the yield limit stored with the value. "
        "`denominator` is the number of all barge-ins."
    ),
    edge_cases=("A customer who gives up before the agent stops has still failed to get the floor.",),
    weaknesses=("An agent whose sentence happened to end within the limit looks as if it had yielded.",),
)
