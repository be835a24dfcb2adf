from tests.support.conversations import facts, tool
from tests.support.metric_values import call_value, spans


def test_every_reported_invocation_counts() -> None:
    tools = [tool(100, 300), tool(500, None), tool(900, 950, name="book")]
    value = call_value("tool_invocation_count", facts(tools=tools))
    assert (value.value, value.statistics) == (3, {"distinct_tool_count": 2})
    assert spans(value) == [(100, 300), (500, 501), (900, 950)]
    assert [span.reason for span in value.evidence] == ["find_order", "find_order", "book"]


def test_none_reported_is_zero() -> None:
    assert call_value("tool_invocation_count", facts()).value == 0
