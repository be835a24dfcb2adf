"""Spans to a collector by OTLP over HTTP: the one module that loads OpenTelemetry's SDK, itself loaded on demand."""

import logging
import os
import socket
from collections.abc import Mapping, Sequence
from importlib.metadata import version

import structlog
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import DEFAULT_ON, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind
from opentelemetry.trace.span import TraceState
from opentelemetry.util.types import Attributes

log = structlog.get_logger(__name__)

TRACES_PATH = "/v1/traces"
ADDRESSES = ("url.path", "url.query", "url.full")
"""Signatures, links to sign in by and what people search for stand in these; the route is told by its pattern."""


def start_sending(
    endpoint: str, headers: Mapping[str, str], *, process: str
) -> tuple[TracerProvider, "QuietSpanExporter"]:
    """Return what makes spans, which are sent from a thread in batches, and what sends them."""
    resource = Resource.create(
        {
            "service.namespace": "callscope",
            "service.name": f"callscope-{process}",
            "service.version": version("callscope"),
            "service.instance.id": f"{socket.gethostname()}:{os.getpid()}",
        }
    )
    exporter = OTLPSpanExporter(
        endpoint=endpoint.rstrip("/") + TRACES_PATH, headers=dict(headers), compression=Compression.Gzip
    )
    sender = QuietSpanExporter(exporter)
    provider = TracerProvider(sampler=WithoutAddresses(), resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(sender))
    return provider, sender


class WithoutAddresses(Sampler):
    """Takes every span but those of a trace whose sender samples it out, and never takes down an address."""

    def should_sample(  # noqa: PLR0917 - the SDK's own signature
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Decide about one span."""
        kept = {key: value for key, value in (attributes or {}).items() if key not in ADDRESSES}
        return DEFAULT_ON.should_sample(parent_context, trace_id, name, kind, kept, links, trace_state)

    def get_description(self) -> str:
        """Return what this does, in a word."""
        return type(self).__name__


class QuietSpanExporter(SpanExporter):
    """Sends batches, and says once when they are refused and once when they are taken again."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._complaints = _Complaints()
        self.is_refused = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send one batch; what is refused is dropped."""
        self._complaints.first = None
        result = self._exporter.export(spans)
        was_refused, self.is_refused = self.is_refused, result is not SpanExportResult.SUCCESS
        if self.is_refused and not was_refused:
            log.warning("own_traces_refused", reason=self._complaints.first, setting="CALLSCOPE_OTLP_ENDPOINT")
        elif was_refused and not self.is_refused:
            log.info("own_traces_taken_again")
        return result

    def shutdown(self) -> None:
        """Close the connections."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Return True: nothing waits here."""
        return self._exporter.force_flush(timeout_millis)


class _Complaints(logging.Handler):
    """Takes what the SDK would log at every batch, and keeps the first complaint about the one under way."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.first: str | None = None
        for name in ("opentelemetry.exporter", "opentelemetry.sdk"):
            logger = logging.getLogger(name)
            logger.handlers, logger.propagate = [self], False

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message."""
        self.first = self.first or record.getMessage()
