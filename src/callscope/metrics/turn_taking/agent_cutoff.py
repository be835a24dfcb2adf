"""Where the agent broke off in the middle of a sentence though nobody interrupted it."""

from collections.abc import Iterator

from callscope.core.call import Role
from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, ValueType
from callscope.metrics.cutoffs import CUTOFF_EDGE_CASES, CUTOFF_RULE, CUTOFF_WEAKNESSES, cut_off
from callscope.metrics.definition import MetricDefinition, Parameters, Reading


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State which of the agent's utterances were cut off."""
    found = cut_off(facts)
    if not found:
        reason = "Nothing the agent said breaks off."
        yield Reading.not_applicable(reason, role=Role.AGENT)
    for said in found:
        yield Reading(value=True, role=Role.AGENT, context=MetricContext.SEGMENT, segments=(said.place,))


METRIC = MetricDefinition(
    slug="agent_cutoff",
    name="Agent cut off",
    description=(
        "True of an utterance of the agent that breaks off in the middle of a sentence though nobody interrupted it."
    ),
    family="turn_taking",
    value_type=ValueType.BOOLEAN,
    unit=None,
    scope=MetricScope.PER_PARTICIPANT,
    contexts=(MetricContext.SEGMENT,),
    direction=Direction.LOWER_IS_BETTER,
    inputs=(MetricInput.WORDS, MetricInput.TURNS),
    version=1,
    compute=measure,
    formula=CUTOFF_RULE,
    edge_cases=("An utterance that is finished has no value.", *CUTOFF_EDGE_CASES),
    weaknesses=CUTOFF_WEAKNESSES,
    roles=(Role.AGENT,),
)
