"""Tool invocations as evidence, and which of them failed, for the metrics that count and time them."""

import json
from collections.abc import Mapping
from typing import Any

from callscope.core.call import Role, ToolInvocation
from callscope.core.metric import EvidenceSpan

NEVER_RETURNED = "it never returned"

_ERROR_KEYS = ("error", "errors", "exception")
_SUCCESS_KEYS = ("success", "ok", "succeeded")
_STATUS_KEYS = ("status", "state", "outcome")
_FAILED_STATES = frozenset({"error", "failed", "failure", "timeout", "timed_out", "exception"})
_CODE_KEYS = ("status_code", "statusCode", "code", "status")
_FIRST_ERROR_CODE = 400
_LAST_ERROR_CODE = 599
_FAILING_WORDS = ("error", "exception", "failed", "failure", "timeout", "timed out", "traceback")


def span_of(tool: ToolInvocation, reason: str | None = None) -> EvidenceSpan:
    """Return when a tool ran, as evidence; a millisecond where its end is not known."""
    end_ms = tool.start_offset_ms + 1 if tool.end_offset_ms is None else tool.end_offset_ms
    told = tool.name if reason is None else f"{tool.name}: {reason}"
    return EvidenceSpan(
        start_offset_ms=tool.start_offset_ms,
        end_offset_ms=max(end_ms, tool.start_offset_ms + 1),
        role=Role.AGENT,
        reason=told,
    )


def failure_of(tool: ToolInvocation) -> str | None:
    """Return what tells that an invocation failed, None when nothing does."""
    if isinstance(tool.result, str):
        return _failure_in_text(tool.result)
    return _failure_in(tool.result)


def _failure_in_text(result: str) -> str | None:
    text = result.strip()
    if not text:
        return NEVER_RETURNED
    if text.startswith("{"):
        try:
            parsed = json.loads(text)
        except ValueError:
            return None
        return _failure_in(parsed) if isinstance(parsed, dict) else None
    opening = next((word for word in _FAILING_WORDS if text.lower().startswith(word)), None)
    return None if opening is None else f"the result begins with {opening!r}"


def _failure_in(result: Mapping[str, Any]) -> str | None:
    named = next((key for key in _ERROR_KEYS if result.get(key)), None)
    denied = next((key for key in _SUCCESS_KEYS if result.get(key) is False), None)
    failed = next((key for key in _STATUS_KEYS if str(result.get(key, "")).lower() in _FAILED_STATES), None)
    refused = next((key for key in _CODE_KEYS if _is_error_code(result.get(key))), None)
    key = named or denied or failed or refused
    return None if key is None else f"the result has {key!r}: {_short(result[key])}"


def _is_error_code(code: object) -> bool:
    return isinstance(code, int) and not isinstance(code, bool) and _FIRST_ERROR_CODE <= code <= _LAST_ERROR_CODE


def _short(value: object) -> str:
    text = str(value)
    limit = 80
    return text if len(text) <= limit else f"{text[: limit - 1]}\u2026"
