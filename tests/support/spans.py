"""Spans built by hand, in milliseconds since the trace began."""

from typing import Any

from callscope.core.trace import Span, SpanEvent, SpanKind, SpanOrigin, SpanStatus
from tests.support.otlp import START_NS, TRACE_ID

START_UNIX_MS = START_NS / 1e6


def made_span(
    name: str,
    start_ms: float,
    end_ms: float,
    *,
    number: int | None = None,
    parent: int | None = None,
    scope: str = "livekit-agents",
    events: dict[str, float] | None = None,
    **attributes: Any,
) -> Span:
    """Return a span; underscores in attribute names given as keywords are dots where doubled."""
    identity = number if number is not None else hash((name, start_ms)) & 0xFFFF_FFFF
    return Span(
        trace_id=TRACE_ID.hex(),
        span_id=f"{identity:016x}",
        parent_span_id=None if parent is None else f"{parent:016x}",
        name=name,
        kind=SpanKind.INTERNAL,
        status=SpanStatus.UNSET,
        status_message="",
        start_unix_ns=START_NS + round(start_ms * 1e6),
        end_unix_ns=START_NS + round(end_ms * 1e6),
        attributes={key.replace("__", "."): value for key, value in attributes.items()},
        origin=SpanOrigin(resource_attributes={}, scope_name=scope),
        events=tuple(
            SpanEvent(name=event, at_unix_ns=START_NS + round(at_ms * 1e6), attributes={})
            for event, at_ms in (events or {}).items()
        ),
    )
