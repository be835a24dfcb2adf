"""OTLP trace requests, binary or JSON, taken apart as far as every span can be judged by itself."""

import base64
import binascii
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

from callscope.traces.errors import NotOtlp, UnsupportedMedia

TRACE_ID_BYTES = 16
SPAN_ID_BYTES = 8
LATEST_UNIX_NS = 2**63 - 1
MAX_JSON_DEPTH = 64
"""Messages inside messages inside one span; binary payloads have the same limit in their reader."""
ID_NAMES = {"traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id"}


MessageT = TypeVar("MessageT", ResourceSpans, ScopeSpans, SpanMessage)


class MediaType(StrEnum):
    """The two forms of OTLP over HTTP."""

    PROTOBUF = "application/x-protobuf"
    JSON = "application/json"


def media_type_of(content_type: str) -> MediaType:
    """Return the form a `Content-Type` header names. Raises UnsupportedMedia."""
    name = content_type.partition(";")[0].strip().lower()
    try:
        return MediaType(name)
    except ValueError as error:
        allowed = " or ".join(MediaType)
        raise UnsupportedMedia(f"The content type must be {allowed}.") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """A request, and the spans of it that cannot be taken: how many for each reason."""

    request: ExportTraceServiceRequest
    rejected: Counter[str]
    accepted_count: int

    @property
    def rejected_count(self) -> int:
        """Spans that cannot be taken."""
        return self.rejected.total()

    @property
    def rejection_message(self) -> str:
        """The reasons for a person, most frequent first; "" when everything is taken."""
        return "; ".join(f"{count} spans: {reason}" for reason, count in self.rejected.most_common())


def read_payload(content: bytes, media_type: MediaType) -> Payload:
    """Return the request in `content`, which is not compressed any more. Raises NotOtlp."""
    if media_type is MediaType.PROTOBUF:
        request, rejected = _read_protobuf(content), Counter[str]()
    else:
        request, rejected = _read_json(content)
    accepted_count = 0
    for _, _, span in spans_in(request):
        fault = fault_of(span)
        if fault is None:
            accepted_count += 1
        else:
            rejected[fault] += 1
    return Payload(request=request, rejected=rejected, accepted_count=accepted_count)


def spans_in(request: ExportTraceServiceRequest) -> Iterator[tuple[ResourceSpans, ScopeSpans, SpanMessage]]:
    """Yield every span with the groups it stands in."""
    for resource_spans in request.resource_spans:
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                yield resource_spans, scope_spans, span


def fault_of(span: SpanMessage) -> str | None:
    """Return why a span cannot be taken, None when it can."""
    if len(span.trace_id) != TRACE_ID_BYTES or not any(span.trace_id):
        return "the trace id is not 16 bytes with at least one that is not zero"
    if len(span.span_id) != SPAN_ID_BYTES or not any(span.span_id):
        return "the span id is not 8 bytes with at least one that is not zero"
    if span.parent_span_id and len(span.parent_span_id) != SPAN_ID_BYTES:
        return "the parent span id is not 8 bytes"
    if not 0 < span.start_time_unix_nano <= LATEST_UNIX_NS or not 0 < span.end_time_unix_nano <= LATEST_UNIX_NS:
        return "start or end time is missing or out of range"
    return None


def _read_protobuf(content: bytes) -> ExportTraceServiceRequest:
    try:
        return ExportTraceServiceRequest.FromString(content)
    except DecodeError as error:
        raise NotOtlp("The body is not an ExportTraceServiceRequest in binary protobuf.") from error


def _read_json(content: bytes) -> tuple[ExportTraceServiceRequest, Counter[str]]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise NotOtlp("The body is not JSON, or is nested too deeply.") from error
    rejected: Counter[str] = Counter()
    request = ExportTraceServiceRequest()
    for resource_entry in _objects(_object(document), "resourceSpans", "resource_spans"):
        resource_spans = _parsed(_without(resource_entry, "scopeSpans", "scope_spans"), ResourceSpans())
        for scope_entry in _objects(resource_entry, "scopeSpans", "scope_spans"):
            scope_spans = _parsed(_without(scope_entry, "spans"), ScopeSpans())
            for entry in _objects(scope_entry, "spans"):
                try:
                    scope_spans.spans.append(_parsed(_with_binary_ids(entry), SpanMessage()))
                except NotOtlp as fault:
                    rejected[fault.message] += 1
            resource_spans.scope_spans.append(scope_spans)
        request.resource_spans.append(resource_spans)
    return request, rejected


def _parsed(entry: dict[str, Any], message: MessageT) -> MessageT:
    try:
        ParseDict(entry, message, ignore_unknown_fields=True, max_recursion_depth=MAX_JSON_DEPTH)
    except (ParseError, RecursionError, ValueError, TypeError) as error:
        raise NotOtlp(f"a {type(message).__name__} does not fit OTLP's JSON form") from error
    return message


def _with_binary_ids(entry: dict[str, Any]) -> dict[str, Any]:
    """Return a span whose ids are base64, as protobuf's own JSON has them; OTLP spells ids in hexadecimal."""
    spelled = {name: _to_base64(value) if name in ID_NAMES else value for name, value in entry.items()}
    if isinstance(links := entry.get("links"), list):
        spelled["links"] = [_with_binary_ids(_object(link)) for link in links]
    return spelled


def _to_base64(digits: object) -> str:
    try:
        return base64.b64encode(bytes.fromhex(digits)).decode() if isinstance(digits, str) else ""
    except (ValueError, binascii.Error) as error:
        raise NotOtlp("an id is not in hexadecimal digits") from error


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise NotOtlp("The body is not an ExportTraceServiceRequest in OTLP's JSON form.")
    return value


def _objects(entry: dict[str, Any], *names: str) -> list[dict[str, Any]]:
    value: object = next((entry[name] for name in names if entry.get(name) is not None), [])
    if not isinstance(value, list):
        raise NotOtlp(f"`{names[0]}` is not an array.")
    return [_object(item) for item in value]


def _without(entry: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name not in names}
