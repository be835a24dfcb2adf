"""How long the agent waited to be sure that the caller had finished."""

from collections.abc import Iterator

from callscope.core.metric import CallFacts
from callscope.core.span_meaning import SpanPart
from callscope.metrics.definition import Parameters, Reading
from callscope.metrics.responses import part_metric, reported_part


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State the end-of-turn wait of every answer, and the summary."""
    yield from reported_part(facts, SpanPart.END_OF_TURN, what="the end-of-turn wait")


METRIC = part_metric(
    slug="response_end_of_turn_wait",
    name="End-of-turn wait",
    description=(
        "How much of the heard response time the agent spent making sure that the caller had finished speaking."
    ),
    compute=measure,
    formula=("Per answer: milliseconds of the wait covered by end-of-turn spans and by no part nearer to the answer."),
    weaknesses=("Only LiveKit traces name this wait; elsewhere it stays in the unexplained remainder.",),
)
