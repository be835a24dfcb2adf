"""How many words a party said."""

from collections.abc import Iterator

from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, Unit, ValueType
from callscope.metrics.definition import MetricDefinition, Parameters, Reading
from callscope.metrics.words import UNCOUNTABLE, words_by_role


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State each party's number of words."""
    for role, words in words_by_role(facts).items():
        if words.word_count is None:
            yield Reading.data_missing(UNCOUNTABLE, role=role)
        else:
            yield Reading(value=words.word_count, role=role, statistics={"entry_count": words.entry_count})


METRIC = MetricDefinition(
    slug="word_count",
    name="Words",
    description="How many words each party said, by the transcript.",
    family="content",
    value_type=ValueType.COUNT,
    unit=Unit(name="words", symbol="words"),
    scope=MetricScope.PER_PARTICIPANT,
    contexts=(MetricContext.CALL,),
    direction=Direction.NEUTRAL,
    inputs=(MetricInput.WORDS,),
    version=1,
    compute=measure,
    formula="Number of runs of characters between white space that hold at least one letter or digit.",
    edge_cases=(
        '"don\'t", "well-known", "3.50" and "yes/no" are one word each; a lone dash is none.',
        "A party with no entry in a transcript that has others said 0 words.",
        "Text in scripts written without spaces (Chinese, Japanese, Thai, …) has no words to count by white space.",
    ),
    weaknesses=('Marks like "[laughs]" count as words. What the recognizer missed was never counted.',),
)
