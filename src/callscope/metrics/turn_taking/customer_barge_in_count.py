"""How often the customer broke in on the agent."""

from collections.abc import Iterator

from callscope.core.call import Role
from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, Unit, ValueType
from callscope.metrics.definition import MetricDefinition, Parameters, Reading
from callscope.metrics.inputs import conversation_of
from callscope.metrics.interruptions import evidence_of, interruptions_by, tally


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State how many barge-ins there were, and how the agent took them."""
    barge_ins = interruptions_by(Role.CUSTOMER, conversation_of(facts))
    yield Reading(value=len(barge_ins), evidence=evidence_of(barge_ins), statistics=tally(barge_ins))


METRIC = MetricDefinition(
    slug="customer_barge_in_count",
    name="Customer barge-ins",
    description="How often the customer broke in while the agent was speaking.",
    family="turn_taking",
    value_type=ValueType.COUNT,
    unit=Unit(name="barge-ins", symbol="barge-ins"),
    scope=MetricScope.GLOBAL,
    contexts=(MetricContext.CALL,),
    direction=Direction.NEUTRAL,
    inputs=(MetricInput.OVERLAP,),
    version=1,
    compute=measure,
    formula="Number of interruptions by the customer, with the median time the agent took to stop.",
    edge_cases=("Barge-ins the agent talked over are counted here and in `failed_barge_in_count`.",),
    weaknesses=("Customers barge in on long agents and on wrong ones alike; the count does not tell which.",),
)
