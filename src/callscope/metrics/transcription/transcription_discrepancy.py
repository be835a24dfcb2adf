"""Where the agent understood something else than was said."""

from collections.abc import Iterator

from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, Unit, ValueType
from callscope.metrics.agreement import (
    TRANSCRIPTION_EDGE_CASES,
    TRANSCRIPTION_WEAKNESSES,
    changes_meaning,
    difference_spans,
)
from callscope.metrics.definition import MetricDefinition, Parameters, Reading
from callscope.metrics.inputs import comparison_of


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State how many differences change what was said, and list them."""
    by_role = comparison_of(facts).by_role
    grave = {
        role: [each for each in compared.differences if changes_meaning(each)] for role, compared in by_role.items()
    }
    yield Reading(
        value=sum(len(differences) for differences in grave.values()),
        statistics={"difference_count": sum(len(compared.differences) for compared in by_role.values())},
        evidence=tuple(span for role, own in grave.items() for span in difference_spans(role, own)),
    )


METRIC = MetricDefinition(
    slug="transcription_discrepancy",
    name="Misunderstandings",
    description=(
        "How many differences between the transcript of the call and the words recognised in its recording change the "
        "meaning."
    ),
    family="transcription",
    value_type=ValueType.COUNT,
    unit=Unit(name="differences", symbol="differences"),
    scope=MetricScope.GLOBAL,
    contexts=(MetricContext.CALL,),
    direction=Direction.LOWER_IS_BETTER,
    inputs=(MetricInput.TWO_TRANSCRIPTS,),
    version=1,
    compute=measure,
    formula=(
        "Number of runs of differing words whose sides have other numbers, only one of which negates, or one of which "
        "has a word that is no filler, no small word of English and no other form of a word on the other side (the "
        "first four letters tell: `option`, `options`). `difference_count` is the number of all runs."
    ),
    edge_cases=("The evidence quotes both sides of each difference.", *TRANSCRIPTION_EDGE_CASES),
    weaknesses=(
        "Whether a difference changes the meaning is told by the kind of words alone, not by reading the sentence.",
        *TRANSCRIPTION_WEAKNESSES,
    ),
)
