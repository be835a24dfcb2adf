"""Tools as the field's frameworks report them: a call and, later, a result, joined by an id."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from callscope.core.new_call import NewToolInvocation
from callscope.integrations.fields import json_object, storable


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUse:
    """One half: the call of a tool, with `name` and `arguments`, or what it returned."""

    tool_call_id: str
    at_ms: int
    name: str | None = None
    arguments: str | Mapping[str, Any] | None = None
    result: str | None = None


def pair(uses: Iterable[ToolUse]) -> tuple[tuple[NewToolInvocation, ...], tuple[str, ...]]:
    """Return the invocations in the order of their calls, and notes on results that answer none.

    Of two calls of one id the first counts, as does the first result.
    """
    calls: dict[str, ToolUse] = {}
    results: dict[str, ToolUse] = {}
    for use in uses:
        (results if use.name is None else calls).setdefault(use.tool_call_id, use)
    invocations = tuple(_invocation(call, results.get(tool_call_id)) for tool_call_id, call in calls.items())
    lonely = results.keys() - calls.keys()
    notes = (f"{len(lonely)} tool results answer no tool call of this message.",) if lonely else ()
    return invocations, notes


def _invocation(call: ToolUse, result: ToolUse | None) -> NewToolInvocation:
    returned = "" if result is None or result.result is None else result.result
    return NewToolInvocation(
        name=call.name or "",
        description=None,
        parameters=_parameters(call.arguments),
        parameter_types={},
        result=storable(json_object(returned)) or returned,
        start_offset_ms=call.at_ms,
        end_offset_ms=None if result is None else max(call.at_ms, result.at_ms),
        agent=None,
    )


def _parameters(arguments: str | Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return arguments by name; text that is no JSON object stands whole under `arguments`."""
    if isinstance(arguments, Mapping):
        return dict(storable(dict(arguments)))
    found = json_object(arguments)
    if found is not None:
        return dict(storable(found))
    return {"arguments": arguments} if arguments else {}
