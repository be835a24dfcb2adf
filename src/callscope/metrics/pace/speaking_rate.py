"""How fast a party speaks."""

from collections.abc import Iterator

from callscope.core.call import Role
from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, Unit, ValueType
from callscope.metrics.definition import MetricDefinition, Parameter, Parameters, Reading
from callscope.metrics.statistics import MINIMUM_EVENTS_FOR_RATE
from callscope.metrics.timeline import speech_ms_by_role
from callscope.metrics.words import UNCOUNTABLE, words_by_role

MINUTE_MS = 60_000


def measure(facts: CallFacts, parameters: Parameters) -> Iterator[Reading]:
    """State each party's words per minute of its own speech."""
    spoken_ms = speech_ms_by_role(facts)
    for role, words in words_by_role(facts).items():
        if words.word_count is None:
            yield Reading.data_missing(UNCOUNTABLE, role=role)
        else:
            yield _rate(role, words.word_count, spoken_ms[role], int(parameters["minimum_words"]))


def _rate(role: Role, word_count: int, spoken_ms: int, minimum_words: int) -> Reading:
    statistics = {"numerator": word_count, "denominator": spoken_ms}
    if spoken_ms == 0:
        return Reading.not_applicable(f"The {role} never spoke.", role=role, statistics=statistics)
    if word_count < minimum_words:
        reason = f"{word_count} words of the {role} are too few for a rate."
        return Reading.not_applicable(reason, role=role, statistics=statistics)
    return Reading(value=word_count * MINUTE_MS / spoken_ms, role=role, statistics=statistics)


METRIC = MetricDefinition(
    slug="speaking_rate",
    name="Speaking rate",
    description="How fast each party speaks, in words per minute of its own speech time.",
    family="pace",
    value_type=ValueType.NUMERIC,
    unit=Unit(name="words per minute", symbol="wpm"),
    scope=MetricScope.PER_PARTICIPANT,
    contexts=(MetricContext.CALL,),
    direction=Direction.NEUTRAL,
    inputs=(MetricInput.TURNS, MetricInput.WORDS),
    version=1,
    compute=measure,
    parameters=(
        Parameter(
            name="minimum_words",
            default=MINIMUM_EVENTS_FOR_RATE,
            meaning="With fewer words there is no rate, only the two counts.",
        ),
    ),
    formula="60,000 times `numerator` (words) divided by `denominator` (the party's speech time in milliseconds).",
    edge_cases=(
        "Pauses and the other party's time never count: a quick speaker who waits a lot is still quick.",
        "Text in scripts written without spaces (Chinese, Japanese, Thai, …) has no words to count by white space.",
    ),
    weaknesses=(
        "Words missing from the transcript make the rate too low, noise taken for speech likewise.",
        "Words differ in length between languages; compare calls of one language.",
    ),
)
