"""OTLP requests built by hand, in binary and in JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

START_NS = 1_769_850_600_000_000_000
"""2026-01-31T09:10:00Z."""
TRACE_ID = bytes(range(16))
MS = 1_000_000


FIELDS = {bool: "bool_value", str: "string_value", int: "int_value", float: "double_value", bytes: "bytes_value"}


def any_value(value: Any) -> AnyValue:
    if isinstance(value, list):
        return AnyValue(array_value=ArrayValue(values=[any_value(item) for item in value]))
    if isinstance(value, dict):
        return AnyValue(kvlist_value=KeyValueList(values=key_values(value)))
    return AnyValue() if value is None else AnyValue(**{FIELDS[type(value)]: value})


def key_values(attributes: Mapping[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=name, value=any_value(value)) for name, value in attributes.items()]


def span(number: int = 1, **further: Any) -> Span:
    """Return a span that starts `at_ms` after START_NS and lasts `lasts_ms`."""
    start = START_NS + further.pop("at_ms", 0) * MS
    fields: dict[str, Any] = {
        "trace_id": TRACE_ID,
        "span_id": number.to_bytes(8, "big"),
        "name": "work",
        "kind": Span.SPAN_KIND_INTERNAL,
        "start_time_unix_nano": start,
        "end_time_unix_nano": start + further.pop("lasts_ms", 100) * MS,
        **further,
    }
    fields["attributes"] = key_values(fields.get("attributes", {}))
    return Span(**fields)


def request(
    *spans: Span, resource: Mapping[str, Any] | None = None, scope: str = "by hand"
) -> ExportTraceServiceRequest:
    """Return one request of one sender and library."""
    built = ExportTraceServiceRequest()
    group = built.resource_spans.add()
    group.resource.attributes.extend(key_values({"service.name": "desk", **(resource or {})}))
    library = group.scope_spans.add()
    library.scope.name = scope
    library.spans.extend(spans)
    return built


def body(*spans: Span, **options: Any) -> bytes:
    return request(*spans, **options).SerializeToString()


def body_of_many(count: int) -> bytes:
    """Return a request of that many equal spans with ids of their own, built quicker than message by message."""
    marked = span(2**64 - 1).SerializeToString()
    spans = (marked.replace(b"\xff" * 8, number.to_bytes(8, "big")) for number in range(1, count + 1))
    library = b"".join(field_bytes(2, one) for one in spans)
    return field_bytes(1, field_bytes(2, library))


def field_bytes(number: int, content: bytes) -> bytes:
    """Return a length-delimited field as protobuf writes it."""
    size, length = len(content), bytearray()
    while size > 0x7F:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([number << 3 | 2, *length, size]) + content


def failed(message: str) -> Status:
    return Status(code=Status.STATUS_CODE_ERROR, message=message)


def json_request(*spans: Mapping[str, Any]) -> dict[str, Any]:
    return {"resourceSpans": [{"resource": {}, "scopeSpans": [{"scope": {"name": "by hand"}, "spans": list(spans)}]}]}


def json_span(**further: Any) -> dict[str, Any]:
    return {
        "traceId": TRACE_ID.hex(),
        "spanId": "00000000000000ab",
        "name": "work",
        "kind": 1,
        "startTimeUnixNano": str(START_NS),
        "endTimeUnixNano": str(START_NS + 5),
        "attributes": [],
        **further,
    }


def names(spans: Sequence[Any]) -> list[str]:
    return [each.name for each in spans]
