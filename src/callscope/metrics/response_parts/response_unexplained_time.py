"""What of the wait no part of the agent accounts for."""

from collections.abc import Iterator

from callscope.core.metric import CallFacts
from callscope.core.span_meaning import ResponseSplit
from callscope.metrics.definition import Parameters, Reading
from callscope.metrics.intervals import covered_ms
from callscope.metrics.responses import Taken, part_metric, readings


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State the unexplained remainder of every answer, and the summary."""
    yield from readings(facts, _remainder, what="no part of the agent")


def _remainder(split: ResponseSplit) -> Taken:
    return Taken(split=split, duration_ms=covered_ms(split.unexplained), where=split.unexplained)


METRIC = part_metric(
    slug="response_unexplained_time",
    name="Unexplained response time",
    description=(
        "How much of the heard response time no span of the agent's parts accounts for: transport, buffering, playout, "
        "and whatever is not traced."
    ),
    compute=measure,
    formula="Per answer: heard response time minus the milliseconds covered by any part.",
)
