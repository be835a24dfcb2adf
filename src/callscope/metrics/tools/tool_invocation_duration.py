"""How long tools took."""

from collections.abc import Iterator

from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, ValueType
from callscope.metrics.definition import MILLISECONDS, MetricDefinition, Parameters, Reading
from callscope.metrics.invocations import span_of
from callscope.metrics.statistics import summary_ms


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State the median time a tool took, and the slowest invocation."""
    timed = [(tool, tool.duration_ms) for tool in facts.tools if tool.duration_ms is not None]
    untimed_count = len(facts.tools) - len(timed)
    if not timed:
        what = "No tool was used." if not facts.tools else "When the tools returned was not reported."
        yield Reading.not_applicable(what, statistics={"count": 0, "untimed_count": untimed_count})
        return
    slowest, slowest_ms = max(timed, key=lambda each: each[1])
    summary = summary_ms([duration_ms for _, duration_ms in timed])
    yield Reading(
        value=summary["p50"],
        statistics={**summary, "untimed_count": untimed_count},
        evidence=(span_of(slowest, f"the slowest, {slowest_ms} ms"),),
    )


METRIC = MetricDefinition(
    slug="tool_invocation_duration",
    name="Tool duration",
    description="How long the agent's tools took, from call to answer. The value of the call is the median.",
    family="tools",
    value_type=ValueType.NUMERIC,
    unit=MILLISECONDS,
    scope=MetricScope.GLOBAL,
    contexts=(MetricContext.CALL,),
    direction=Direction.LOWER_IS_BETTER,
    inputs=(MetricInput.TOOLS,),
    version=1,
    compute=measure,
    formula=(
        "Median (p50) of end minus start over the invocations whose end was reported, with count, sum, mean, min, max, "
        "p90 and p95 beside it."
    ),
    edge_cases=(
        "Invocations without a reported end are left out and counted in `untimed_count`.",
        "Tools that run at the same time are timed each for itself.",
    ),
    weaknesses=("The times are the agent's own; `response_tool_time` says how much of them the caller waited for.",),
)
