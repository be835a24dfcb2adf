"""How many of the spoken words the agent's own recognizer got right."""

from collections.abc import Iterator

from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, ValueType
from callscope.metrics.agreement import TRANSCRIPTION_EDGE_CASES, TRANSCRIPTION_WEAKNESSES
from callscope.metrics.definition import RATIO, MetricDefinition, Parameters, Reading
from callscope.metrics.inputs import comparison_of


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State the share of both parties' recognised words that stand in the transcript alike."""
    compared = comparison_of(facts).by_role.values()
    word_count = sum(each.reference_word_count for each in compared)
    differing_count = sum(len(difference.reference_words) for each in compared for difference in each.differences)
    agreed_count = word_count - differing_count
    statistics = {"numerator": agreed_count, "denominator": word_count}
    if word_count == 0:
        yield Reading.not_applicable("No words were recognised.", statistics=statistics)
    else:
        yield Reading(value=agreed_count / word_count, statistics=statistics)


METRIC = MetricDefinition(
    slug="transcription_score",
    name="Transcription score",
    description="The share of the words recognised in the recording that stand alike in the transcript of the call.",
    family="transcription",
    value_type=ValueType.NUMERIC,
    unit=RATIO,
    scope=MetricScope.GLOBAL,
    contexts=(MetricContext.CALL,),
    direction=Direction.HIGHER_IS_BETTER,
    inputs=(MetricInput.TWO_TRANSCRIPTS,),
    version=1,
    compute=measure,
    formula="`numerator` (recognised words neither replaced nor left out) divided by `denominator` (recognised words).",
    edge_cases=(
        "Words that the transcript adds do not count against it here; they do in `transcription_wer`.",
        *TRANSCRIPTION_EDGE_CASES,
    ),
    weaknesses=TRANSCRIPTION_WEAKNESSES,
)
