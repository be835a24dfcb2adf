"""How much of what a party says it has said before."""

from collections.abc import Iterable, Iterator

from callscope.core.call import Role
from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, ValueType
from callscope.metrics.definition import RATIO, MetricDefinition, Parameter, Parameters, Reading
from callscope.metrics.statistics import MINIMUM_EVENTS_FOR_RATE
from callscope.metrics.words import Tokens, said


def measure(facts: CallFacts, parameters: Parameters) -> Iterator[Reading]:
    """State the share of each party's phrases that repeat an earlier one of its own."""
    length = int(parameters["phrase_words"])
    for role in Role:
        spoken = [each.tokens for each in said(facts) if each.entry.role is role]
        phrase_count = sum(max(0, len(tokens) - length + 1) for tokens in spoken)
        repeated_count = phrase_count - _distinct_count(spoken, length)
        statistics = {"numerator": repeated_count, "denominator": phrase_count}
        if phrase_count < int(parameters["minimum_phrases"]):
            reason = f"{phrase_count} phrases of the {role} are too few for a rate."
            yield Reading.not_applicable(reason, role=role, statistics=statistics)
        else:
            yield Reading(value=repeated_count / phrase_count, role=role, statistics=statistics)


def _distinct_count(spoken: Iterable[Tokens], length: int) -> int:
    distinct: set[Tokens] = set()
    for tokens in spoken:
        distinct.update(zip(*[tokens[shift:] for shift in range(length)], strict=False))
    return len(distinct)


METRIC = MetricDefinition(
    slug="repetition_density",
    name="Repetition density",
    description="The share of a party's phrases that it had said before in the same call.",
    family="content",
    value_type=ValueType.NUMERIC,
    unit=RATIO,
    scope=MetricScope.PER_PARTICIPANT,
    contexts=(MetricContext.CALL,),
    direction=Direction.LOWER_IS_BETTER,
    inputs=(MetricInput.WORDS,),
    version=1,
    compute=measure,
    parameters=(
        Parameter(name="phrase_words", default=4, meaning="How many words in a row make a phrase."),
        Parameter(
            name="minimum_phrases",
            default=MINIMUM_EVENTS_FOR_RATE,
            meaning="With fewer phrases there is no rate, only the two counts.",
        ),
    ),
    formula=(
        "Every `phrase_words` words in a row within one entry are a phrase, case and punctuation aside. `numerator`, "
        "the phrases that had occurred before in the party's own words, divided by `denominator`, all its phrases."
    ),
    edge_cases=(
        "An entry shorter than a phrase has none.",
        "A party is compared with itself: reading back what the customer said is no repetition.",
        "0 means that nothing was said twice.",
    ),
    weaknesses=(
        "Politeness repeats by design: an agent that closes every answer with the same offer has a high density.",
        "Saying the same in other words is not seen.",
    ),
)
