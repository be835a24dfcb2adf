"""Spans back into OTLP's JSON form, so that traces can leave again."""

from collections.abc import Iterable
from typing import Any

from callscope.core.trace import Attributes, AttributeValue, Span, SpanEvent, SpanKind, SpanLink, SpanOrigin, SpanStatus
from callscope.traces.attributes import BYTES_KEY

KIND_NUMBERS = {kind: number for number, kind in enumerate(SpanKind)}
STATUS_NUMBERS = {status: number for number, status in enumerate(SpanStatus)}
MAX_INT64 = 2**63 - 1

Json = dict[str, Any]


def encode_spans(spans: Iterable[Span]) -> Json:
    """Return an ExportTraceServiceRequest in JSON; spans of one origin stand together."""
    groups: list[tuple[SpanOrigin, list[Json]]] = []
    for span in spans:
        group = next((encoded for origin, encoded in groups if origin is span.origin or origin == span.origin), None)
        if group is None:
            group = []
            groups.append((span.origin, group))
        group.append(_span(span))
    return {"resourceSpans": [_resource_spans(origin, encoded) for origin, encoded in groups]}


def _resource_spans(origin: SpanOrigin, spans: list[Json]) -> Json:
    scope = {
        "name": origin.scope_name,
        "version": origin.scope_version,
        "attributes": _attributes(origin.scope_attributes),
    }
    return {
        "resource": {"attributes": _attributes(origin.resource_attributes)},
        "schemaUrl": origin.resource_schema_url,
        "scopeSpans": [{"scope": scope, "schemaUrl": origin.scope_schema_url, "spans": spans}],
    }


def _span(span: Span) -> Json:
    return {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "traceState": span.trace_state,
        "parentSpanId": span.parent_span_id or "",
        "flags": span.flags,
        "name": span.name,
        "kind": KIND_NUMBERS[span.kind],
        "startTimeUnixNano": str(span.start_unix_ns),
        "endTimeUnixNano": str(span.end_unix_ns),
        "attributes": _attributes(span.attributes),
        "droppedAttributesCount": span.dropped_attribute_count,
        "events": [_event(event) for event in span.events],
        "droppedEventsCount": span.dropped_event_count,
        "links": [_link(link) for link in span.links],
        "droppedLinksCount": span.dropped_link_count,
        "status": {"code": STATUS_NUMBERS[span.status], "message": span.status_message},
    }


def _event(event: SpanEvent) -> Json:
    return {
        "timeUnixNano": str(event.at_unix_ns),
        "name": event.name,
        "attributes": _attributes(event.attributes),
        "droppedAttributesCount": event.dropped_attribute_count,
    }


def _link(link: SpanLink) -> Json:
    return {
        "traceId": link.trace_id,
        "spanId": link.span_id,
        "traceState": link.trace_state,
        "attributes": _attributes(link.attributes),
        "droppedAttributesCount": link.dropped_attribute_count,
    }


def _attributes(attributes: Attributes) -> list[Json]:
    return [{"key": name, "value": _value(value)} for name, value in attributes.items()]


def _value(value: AttributeValue) -> Json:
    if value is None:
        return {}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_value(item) for item in value]}}
    if isinstance(value, dict):
        encoded = value.get(BYTES_KEY)
        is_bytes = len(value) == 1 and isinstance(encoded, str)
        return {BYTES_KEY: encoded} if is_bytes else {"kvlistValue": {"values": _attributes(value)}}
    return _scalar(value)


def _scalar(value: str | float) -> Json:
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, bool):
        return {"boolValue": value}
    # The database keeps a large double as a whole number.
    if isinstance(value, int) and abs(value) <= MAX_INT64:
        return {"intValue": str(value)}
    return {"doubleValue": float(value)}
