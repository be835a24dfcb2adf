from callscope.core.metric import ValueState
from tests.support.conversations import facts, tool
from tests.support.metric_values import call_value, spans


def test_the_median_of_timed_invocations_and_the_slowest() -> None:
    tools = [tool(0, 100), tool(1000, 1900), tool(3000, 3200), tool(5000, None)]
    value = call_value("tool_invocation_duration", facts(tools=tools))
    assert (value.value, value.statistics["count"], value.statistics["untimed_count"]) == (200, 3, 1)
    assert spans(value) == [(1000, 1900)]
    assert value.evidence[0].reason == "find_order: the slowest, 900 ms"


def test_without_times_or_tools_there_is_no_duration() -> None:
    untimed = call_value("tool_invocation_duration", facts(tools=[tool(0, None)]))
    assert (untimed.state, untimed.reason) == (
        ValueState.NOT_APPLICABLE,
        "When the tools returned was not reported.",
    )
    assert call_value("tool_invocation_duration", facts()).reason == "No tool was used."
