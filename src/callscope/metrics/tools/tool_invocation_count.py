"""How often the agent used a tool."""

from collections.abc import Iterator

from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, Unit, ValueType
from callscope.metrics.definition import MetricDefinition, Parameters, Reading
from callscope.metrics.invocations import span_of


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State how many tool invocations were reported, and when."""
    yield Reading(
        value=len(facts.tools),
        statistics={"distinct_tool_count": len({tool.name for tool in facts.tools})},
        evidence=tuple(span_of(tool) for tool in facts.tools),
    )


METRIC = MetricDefinition(
    slug="tool_invocation_count",
    name="Tool invocations",
    description="How often the agent used a tool, as far as it was reported.",
    family="tools",
    value_type=ValueType.COUNT,
    unit=Unit(name="invocations", symbol="invocations"),
    scope=MetricScope.GLOBAL,
    contexts=(MetricContext.CALL,),
    direction=Direction.NEUTRAL,
    inputs=(MetricInput.TOOLS,),
    version=1,
    compute=measure,
    formula="Number of reported invocations. `distinct_tool_count` is the number of different tools among them.",
    edge_cases=(
        "A tool used twice counts twice.",
        "An invocation that never returned counts.",
        "Invocations appended to the call later are counted when the call is measured again.",
    ),
    weaknesses=("An agent that does not report its tools looks like one that used none.",),
)
