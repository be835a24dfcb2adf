"""How often the agent got stuck saying the same thing."""

from collections import defaultdict
from collections.abc import Iterator

from callscope.core.call import Role
from callscope.core.metric import (
    CallFacts,
    Direction,
    MetricContext,
    MetricInput,
    MetricScope,
    Unit,
    ValueType,
)
from callscope.metrics.definition import MetricDefinition, Parameter, Parameters, Reading
from callscope.metrics.phrasing import Key, said_key
from callscope.metrics.words import Said, said


def measure(facts: CallFacts, parameters: Parameters) -> Iterator[Reading]:
    """State how many utterances the agent said over and over, and each time it did."""
    alike: defaultdict[Key, list[Said]] = defaultdict(list)
    for each in said(facts):
        if each.entry.role is Role.AGENT and len(key := said_key(each.tokens)) >= int(parameters["minimum_words"]):
            alike[key].append(each)
    loops = [entries for entries in alike.values() if len(entries) >= int(parameters["times"])]
    yield Reading(
        value=len(loops),
        statistics={"looped_entry_count": sum(len(entries) for entries in loops)},
        evidence=tuple(
            each.span(f"said {len(entries)} times, here for the {number}. time")
            for entries in loops
            for number, each in enumerate(entries, start=1)
        ),
    )


METRIC = MetricDefinition(
    slug="loop_count",
    name="Loops",
    description="How many different utterances the agent said over and over again.",
    family="content",
    value_type=ValueType.COUNT,
    unit=Unit(name="loops", symbol="loops"),
    scope=MetricScope.GLOBAL,
    contexts=(MetricContext.CALL,),
    direction=Direction.LOWER_IS_BETTER,
    inputs=(MetricInput.WORDS,),
    version=1,
    compute=measure,
    parameters=(
        Parameter(name="times", default=3, meaning="How often an utterance must be said to be a loop."),
        Parameter(name="minimum_words", default=3, meaning="An utterance with fewer different words is no loop."),
    ),
    formula=(
        "Two of the agent's entries are the same utterance when they hold the same words, whatever their order, "
        'fillers ("um", "sorry", "please", …) left out. Number of utterances said at least `times` times.'
    ),
    edge_cases=(
        "One utterance said five times is one loop; `looped_entry_count` is 5.",
        "It does not matter what lies between: a loop with a customer answering in it is the typical one.",
    ),
    weaknesses=("An agent stuck in one question that it puts differently each time is not seen.",),
)
