"""A collector of traces on loopback: takes OTLP over HTTP as any would, and gives back what came."""

import gzip
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.support.recording_server import RecordingServer, Reply

PATH = "/v1/traces"


@dataclass(frozen=True, kw_only=True)
class CollectedSpan:
    name: str
    trace_id: str
    span_id: str
    parent_span_id: str
    is_failed: bool
    attributes: dict[str, str | int]
    service: str


class SpanCollector:
    """Reads what `server` was sent."""

    def __init__(self, server: RecordingServer) -> None:
        self._server = server
        server.serve(PATH, Reply(headers={"content-type": "application/x-protobuf"}))

    @property
    def endpoint(self) -> str:
        return self._server.url("")

    def bodies(self) -> list[bytes]:
        return [gzip.decompress(request.body) for request in self._server.requests if request.path == PATH]

    def sent_headers(self, name: str) -> set[str]:
        return {request.headers.get(name, "") for request in self._server.requests if request.path == PATH}

    def spans(self) -> list[CollectedSpan]:
        return [span for body in self.bodies() for span in _spans_of(ExportTraceServiceRequest.FromString(body))]


def _spans_of(request: ExportTraceServiceRequest) -> Iterator[CollectedSpan]:
    for group in request.resource_spans:
        service = str(_plain(group.resource.attributes)["service.name"])
        for scope in group.scope_spans:
            yield from (_collected(span, service) for span in scope.spans)


def _collected(span: Span, service: str) -> CollectedSpan:
    return CollectedSpan(
        name=span.name,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_span_id=span.parent_span_id.hex(),
        is_failed=span.status.code == Status.STATUS_CODE_ERROR,
        attributes=_plain(span.attributes),
        service=service,
    )


def _plain(attributes: Iterable[KeyValue]) -> dict[str, str | int]:
    return {pair.key: getattr(pair.value, str(pair.value.WhichOneof("value"))) for pair in attributes}
