"""How often the agent broke off in the middle of a sentence though nobody interrupted it."""

from collections.abc import Iterator

from callscope.core.metric import (
    CallFacts,
    Direction,
    MetricContext,
    MetricInput,
    MetricScope,
    Unit,
    ValueType,
)
from callscope.metrics.cutoffs import CUTOFF_EDGE_CASES, CUTOFF_RULE, CUTOFF_WEAKNESSES, cut_off, utterance_ends
from callscope.metrics.definition import MetricDefinition, Parameters, Reading


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State how many of the agent's utterances were cut off, and where."""
    found = cut_off(facts)
    yield Reading(
        value=len(found),
        statistics={"numerator": len(found), "denominator": len(utterance_ends(facts))},
        evidence=tuple(said.span(f"the agent broke off after {said.entry.text.split()[-1]!r}") for said in found),
    )


METRIC = MetricDefinition(
    slug="agent_cutoff_count",
    name="Times the agent was cut off",
    description="How often the agent's speech breaks off in the middle of a sentence though nobody interrupted it.",
    family="turn_taking",
    value_type=ValueType.COUNT,
    unit=Unit(name="cut-offs", symbol="cut-offs"),
    scope=MetricScope.GLOBAL,
    contexts=(MetricContext.CALL,),
    direction=Direction.LOWER_IS_BETTER,
    inputs=(MetricInput.WORDS, MetricInput.TURNS),
    version=1,
    compute=measure,
    formula=f"Number of utterances that break off; `denominator` is the number of all. {CUTOFF_RULE}",
    edge_cases=CUTOFF_EDGE_CASES,
    weaknesses=CUTOFF_WEAKNESSES,
)
