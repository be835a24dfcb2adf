"""How many words the agent's own recognizer got wrong."""

from collections.abc import Iterator

from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, ValueType
from callscope.metrics.agreement import TRANSCRIPTION_EDGE_CASES, TRANSCRIPTION_WEAKNESSES, difference_spans
from callscope.metrics.definition import RATIO, MetricDefinition, Parameters, Reading
from callscope.metrics.inputs import comparison_of


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State each party's word error rate, and every place where the words differ."""
    for role, compared in comparison_of(facts).by_role.items():
        statistics = {"numerator": compared.error_count, "denominator": compared.reference_word_count}
        if compared.error_rate is None:
            reason = f"No words of the {role} were recognised."
            yield Reading.not_applicable(reason, role=role, statistics=statistics)
        else:
            spans = difference_spans(role, compared.differences)
            yield Reading(value=compared.error_rate, role=role, statistics=statistics, evidence=spans)


METRIC = MetricDefinition(
    slug="transcription_wer",
    name="Word error rate",
    description=(
        "How many words of the transcript that came with the call differ from those recognised in its recording, per "
        "recognised word."
    ),
    family="transcription",
    value_type=ValueType.NUMERIC,
    unit=RATIO,
    scope=MetricScope.PER_PARTICIPANT,
    contexts=(MetricContext.CALL,),
    direction=Direction.LOWER_IS_BETTER,
    inputs=(MetricInput.TWO_TRANSCRIPTS,),
    version=1,
    compute=measure,
    formula=(
        "The fewest words replaced, left out and added that make one text of the other (`numerator`), divided by the "
        "number of recognised words (`denominator`)."
    ),
    edge_cases=("Above 1 when very much was added.", *TRANSCRIPTION_EDGE_CASES),
    weaknesses=TRANSCRIPTION_WEAKNESSES,
)
