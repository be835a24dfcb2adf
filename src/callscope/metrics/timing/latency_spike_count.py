"""How often the agent let the customer wait for too long."""

from collections.abc import Iterator

from callscope.core.call import Role
from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, Unit, ValueType
from callscope.metrics.answers import answers, wait_before
from callscope.metrics.definition import MetricDefinition, Parameter, Parameters, Reading


def measure(facts: CallFacts, parameters: Parameters) -> Iterator[Reading]:
    """State how many of the agent's answers came late, and which."""
    given = answers(facts)[Role.AGENT]
    late = [answer for answer in given if answer[1] > int(parameters["spike_ms"])]
    statistics = {"numerator": len(late), "denominator": len(given)}
    if given:
        evidence = tuple(wait_before(*answer) for answer in late)
        yield Reading(value=len(late), role=Role.AGENT, statistics=statistics, evidence=evidence)
    else:
        reason = "The agent never answered after the customer had finished."
        yield Reading.not_applicable(reason, role=Role.AGENT, statistics=statistics)


METRIC = MetricDefinition(
    slug="latency_spike_count",
    name="Latency spikes",
    description="How many of the agent's answers came later than the spike limit.",
    family="timing",
    value_type=ValueType.COUNT,
    unit=Unit(name="spikes", symbol="spikes"),
    scope=MetricScope.PER_PARTICIPANT,
    contexts=(MetricContext.CALL,),
    direction=Direction.LOWER_IS_BETTER,
    inputs=(MetricInput.TURNS,),
    version=1,
    compute=measure,
    parameters=(Parameter(name="spike_ms", default=2000, meaning="Longest wait that is no spike."),),
    formula=(
        "Number of the agent's answers with a response time above `spike_ms`. `numerator` is the same number, "
        "`denominator` that of all its answers."
    ),
    edge_cases=(
        "An answer exactly at the limit is no spike.",
        "An answer that never came is no late one: `missed_response_count` has it.",
        "An agent that never had to answer has no value.",
    ),
    weaknesses=("One limit for all answers: a look-up the agent announced counts like a silence it did not.",),
    roles=(Role.AGENT,),
)
