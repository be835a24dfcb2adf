"""How often the agent broke in on the customer."""

from collections.abc import Iterator

from callscope.core.call import Role
from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, Unit, ValueType
from callscope.metrics.definition import MetricDefinition, Parameters, Reading
from callscope.metrics.inputs import conversation_of
from callscope.metrics.interruptions import evidence_of, interruptions_by, tally


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State how many times the agent interrupted, and what the customer did."""
    interruptions = interruptions_by(Role.AGENT, conversation_of(facts))
    yield Reading(value=len(interruptions), evidence=evidence_of(interruptions), statistics=tally(interruptions))


METRIC = MetricDefinition(
    slug="agent_interruption_count",
    name="Agent interruptions",
    description="How often the agent started to speak while the customer was still speaking.",
    family="turn_taking",
    value_type=ValueType.COUNT,
    unit=Unit(name="interruptions", symbol="interruptions"),
    scope=MetricScope.GLOBAL,
    contexts=(MetricContext.CALL,),
    direction=Direction.LOWER_IS_BETTER,
    inputs=(MetricInput.OVERLAP,),
    version=1,
    compute=measure,
    formula="Number of interruptions by the agent.",
    edge_cases=("An agent that starts in a pause of the customer is early; with no overlap it is not counted.",),
    weaknesses=("It cannot tell a false end-of-turn decision from an intended interjection.",),
)
