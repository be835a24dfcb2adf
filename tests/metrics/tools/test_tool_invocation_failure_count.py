from collections.abc import Mapping
from typing import Any

import pytest

from callscope.core.metric import ValueState
from tests.support.conversations import facts, tool
from tests.support.metric_values import call_value, spans


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ("", "it never returned"),
        ("  ", "it never returned"),
        ({"error": "no such order"}, "the result has 'error': no such order"),
        ('{"success": false}', "the result has 'success': False"),
        ({"status": "Failed"}, "the result has 'status': Failed"),
        ({"status": 503}, "the result has 'status': 503"),
        ({"statusCode": 404, "body": "x"}, "the result has 'statusCode': 404"),
        ("Error: time-out of the upstream", "the result begins with 'error'"),
        ({"errors": ["a" * 100]}, "the result has 'errors': ['" + "a" * 77 + "\u2026"),
    ],
)
def test_failures_are_told_by_the_result(result: str | Mapping[str, Any], reason: str) -> None:
    value = call_value("tool_invocation_failure_count", facts(tools=[tool(0, 100), tool(200, 300, result)]))
    assert (value.value, value.statistics) == (1, {"numerator": 1, "denominator": 2})
    assert spans(value) == [(200, 300)]
    assert value.evidence[0].reason == f"find_order: {reason}"


@pytest.mark.parametrize(
    "result",
    [
        "done",
        {},
        {"error": None, "items": []},
        {"errors": []},
        {"success": True, "status": "ok"},
        {"code": 200},
        {"code": True},
        "{not json",
        "No errors found",
    ],
)
def test_other_results_are_no_failures(result: str | Mapping[str, Any]) -> None:
    assert call_value("tool_invocation_failure_count", facts(tools=[tool(0, 100, result)])).value == 0


def test_without_tools_nothing_failed_or_worked() -> None:
    assert call_value("tool_invocation_failure_count", facts()).state is ValueState.NOT_APPLICABLE
