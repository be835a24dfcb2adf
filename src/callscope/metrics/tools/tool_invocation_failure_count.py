"""How many tool invocations failed."""

from collections.abc import Iterator

from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, Unit, ValueType
from callscope.metrics.definition import MetricDefinition, Parameters, Reading
from callscope.metrics.invocations import failure_of, span_of


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State how many invocations failed, and what tells."""
    if not facts.tools:
        yield Reading.not_applicable("No tool was used.", statistics={"numerator": 0, "denominator": 0})
        return
    failures = [(tool, failure) for tool in facts.tools if (failure := failure_of(tool)) is not None]
    yield Reading(
        value=len(failures),
        statistics={"numerator": len(failures), "denominator": len(facts.tools)},
        evidence=tuple(span_of(tool, failure) for tool, failure in failures),
    )


METRIC = MetricDefinition(
    slug="tool_invocation_failure_count",
    name="Failed tool invocations",
    description="How many of the agent's tool invocations failed or never returned.",
    family="tools",
    value_type=ValueType.COUNT,
    unit=Unit(name="invocations", symbol="invocations"),
    scope=MetricScope.GLOBAL,
    contexts=(MetricContext.CALL,),
    direction=Direction.LOWER_IS_BETTER,
    inputs=(MetricInput.TOOLS,),
    version=1,
    compute=measure,
    formula=(
        "Number of invocations whose result is empty (it never returned); is an object with a filled `error`, `errors` "
        "or `exception`, with `success`, `ok` or `succeeded` false, with a status of error, failure or time-out, or a "
        "status code from 400 to 599; or is a text that begins with a word for failure. `denominator` is the number of "
        "all invocations."
    ),
    edge_cases=("A text that is such an object as JSON is read as one.", "A call without tools has no value."),
    weaknesses=(
        "A tool that answers with the wrong thing has not failed here; `tool_invocation_result_correct` judges that.",
        "A result that says in its own words that it failed is not understood.",
    ),
)
