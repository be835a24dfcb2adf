"""The spans of a payload, in the service's own words."""

from collections.abc import Iterator

from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Status
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

from callscope.core.trace import Span, SpanEvent, SpanKind, SpanLink, SpanOrigin, SpanStatus
from callscope.traces.attributes import attributes_of, text_of
from callscope.traces.payload import LATEST_UNIX_NS, Payload, fault_of

MAX_NAME_LENGTH = 512
MAX_EVENTS = 1024
MAX_LINKS = 128

KINDS = {
    SpanMessage.SPAN_KIND_INTERNAL: SpanKind.INTERNAL,
    SpanMessage.SPAN_KIND_SERVER: SpanKind.SERVER,
    SpanMessage.SPAN_KIND_CLIENT: SpanKind.CLIENT,
    SpanMessage.SPAN_KIND_PRODUCER: SpanKind.PRODUCER,
    SpanMessage.SPAN_KIND_CONSUMER: SpanKind.CONSUMER,
}
STATUSES = {Status.STATUS_CODE_OK: SpanStatus.OK, Status.STATUS_CODE_ERROR: SpanStatus.ERROR}


def decode_spans(payload: Payload) -> Iterator[Span]:
    """Yield the spans of a payload that can be taken. Those of one sender and library share one origin."""
    for resource_spans in payload.request.resource_spans:
        for scope_spans in resource_spans.scope_spans:
            origin = _origin(resource_spans, scope_spans)
            for span in scope_spans.spans:
                if fault_of(span) is None:
                    yield _span(span, origin)


def _origin(resource_spans: ResourceSpans, scope_spans: ScopeSpans) -> SpanOrigin:
    return SpanOrigin(
        resource_attributes=attributes_of(resource_spans.resource.attributes)[0],
        resource_schema_url=text_of(resource_spans.schema_url, MAX_NAME_LENGTH),
        scope_name=text_of(scope_spans.scope.name, MAX_NAME_LENGTH),
        scope_version=text_of(scope_spans.scope.version, MAX_NAME_LENGTH),
        scope_attributes=attributes_of(scope_spans.scope.attributes)[0],
        scope_schema_url=text_of(scope_spans.schema_url, MAX_NAME_LENGTH),
    )


def _span(message: SpanMessage, origin: SpanOrigin) -> Span:
    attributes, left_out_count = attributes_of(message.attributes)
    return Span(
        trace_id=message.trace_id.hex(),
        span_id=message.span_id.hex(),
        parent_span_id=message.parent_span_id.hex() if any(message.parent_span_id) else None,
        name=text_of(message.name, MAX_NAME_LENGTH),
        kind=KINDS.get(message.kind, SpanKind.UNSPECIFIED),
        status=STATUSES.get(message.status.code, SpanStatus.UNSET),
        status_message=text_of(message.status.message),
        start_unix_ns=message.start_time_unix_nano,
        end_unix_ns=message.end_time_unix_nano,
        attributes=attributes,
        origin=origin,
        events=tuple(_event(event) for event in message.events[:MAX_EVENTS]),
        links=tuple(_link(link) for link in message.links[:MAX_LINKS]),
        trace_state=text_of(message.trace_state, MAX_NAME_LENGTH),
        flags=message.flags,
        dropped_attribute_count=message.dropped_attributes_count + left_out_count,
        dropped_event_count=message.dropped_events_count + max(0, len(message.events) - MAX_EVENTS),
        dropped_link_count=message.dropped_links_count + max(0, len(message.links) - MAX_LINKS),
    )


def _event(message: SpanMessage.Event) -> SpanEvent:
    attributes, left_out_count = attributes_of(message.attributes)
    return SpanEvent(
        name=text_of(message.name, MAX_NAME_LENGTH),
        at_unix_ns=min(message.time_unix_nano, LATEST_UNIX_NS),
        attributes=attributes,
        dropped_attribute_count=message.dropped_attributes_count + left_out_count,
    )


def _link(message: SpanMessage.Link) -> SpanLink:
    attributes, left_out_count = attributes_of(message.attributes)
    return SpanLink(
        trace_id=message.trace_id.hex(),
        span_id=message.span_id.hex(),
        trace_state=text_of(message.trace_state, MAX_NAME_LENGTH),
        attributes=attributes,
        dropped_attribute_count=message.dropped_attributes_count + left_out_count,
    )
