"""Whether the agent kept talking when the customer broke in."""

from collections.abc import Iterator

from callscope.core.call import Role
from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, ValueType
from callscope.metrics.definition import MetricDefinition, Parameters, Reading
from callscope.metrics.interruptions import events


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State of each barge-in whether it failed."""
    barge_ins = [event for event in events(facts) if event.interruption.by is Role.CUSTOMER]
    if not barge_ins:
        yield Reading.not_applicable("The customer never broke in.")
    for event in barge_ins:
        yield event.reading(value=not event.interruption.yielded, role=None)


METRIC = MetricDefinition(
    slug="failed_barge_in",
    name="Failed barge-in",
    description="Whether the agent kept talking when the customer broke in. One value per barge-in.",
    family="turn_taking",
    value_type=ValueType.BOOLEAN,
    unit=None,
    scope=MetricScope.GLOBAL,
    contexts=(MetricContext.SEGMENT_RANGE,),
    direction=Direction.LOWER_IS_BETTER,
    inputs=(MetricInput.OVERLAP,),
    version=1,
    compute=measure,
    formula="True when the agent did not stop within the yield limit stored with the value, counted from the onset.",
    edge_cases=(
        "The value speaks of the stretch from the agent's segment to the customer's.",
        "A customer who gives up before the agent stops has still failed to get the floor.",
    ),
    weaknesses=("An agent whose sentence happened to end within the limit looks as if it had yielded.",),
)
