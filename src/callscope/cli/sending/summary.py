"""The summary that `callscope call send --wait` prints for people."""

from collections.abc import Iterator
from typing import Any

SHOWN = (
    "call_duration",
    "response_time",
    "longest_pause",
    "interruption_count",
    "failed_barge_in_count",
    "missed_response_count",
    "tool_invocation_failure_count",
    "word_count",
    "task_completion",
)
"""Slugs of the metrics that a summary shows where the call has them."""


def summary_lines(call: dict[str, Any], analysis: dict[str, Any], metrics: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the lines that tell of an analysed call, from what the API answers of it."""
    if call["title"] is not None:
        yield call["title"]
    by_slug = {metric["slug"]: metric for metric in metrics}
    for slug in SHOWN:
        yield from _metric_lines(by_slug[slug]) if slug in by_slug else ()
    report = analysis["inputReport"]
    for finding in () if report is None else report["findings"]:
        yield f"{finding['severity']}: {finding['message']}"


def _metric_lines(metric: dict[str, Any]) -> Iterator[str]:
    symbol = (metric.get("unit") or {}).get("symbol") or ""
    for value in metric["values"]:
        if value["context"] == "CALL" and value["captureStatus"] == "SUCCESS":
            name = " ".join(filter(None, (metric["name"], _of(value))))
            yield f"{name:<40} {_shown(value['value'])} {symbol}".rstrip()


def _of(value: dict[str, Any]) -> str:
    role = value.get("participantRole")
    return "" if role is None else f"({role})"


def _shown(value: float | bool | str) -> str:
    return f"{value:,.10g}" if isinstance(value, float | int) and not isinstance(value, bool) else str(value)
