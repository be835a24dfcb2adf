"""How long the answer waited for tools."""

from collections.abc import Iterator

from callscope.core.call import Role
from callscope.core.metric import CallFacts
from callscope.core.span_meaning import SpanPart
from callscope.metrics.definition import Parameters, Reading
from callscope.metrics.inputs import attribution_of
from callscope.metrics.responses import part_metric, readings, taken_by


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State the tool time of every answer, and the summary."""
    if SpanPart.TOOL in attribution_of(facts).parts:
        yield from readings(facts, taken_by(SpanPart.TOOL), what="tools")
    else:
        yield Reading.not_applicable("The trace shows no tool at work.", role=Role.AGENT)


METRIC = part_metric(
    slug="response_tool_time",
    name="Tool time",
    description="How much of the heard response time the answer waited for tools.",
    compute=measure,
    formula="Per answer: milliseconds of the wait covered by tool spans and not by the voice.",
    edge_cases=("A trace without any tool span makes it `NOT_APPLICABLE`.",),
)
