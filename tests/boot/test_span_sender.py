from collections.abc import Sequence

import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from callscope.boot.settings import Settings
from callscope.boot.span_sender import QuietSpanExporter
from callscope.boot.tracing import open_tracing
from tests.support.recording_server import Reply, running_recording_server
from tests.support.span_collector import PATH, SpanCollector


class ScriptedExporter(SpanExporter):
    def __init__(self, *results: SpanExportResult) -> None:
        self.results = list(results)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        del spans
        return self.results.pop(0)


def test_a_collector_that_is_away_is_told_once_and_so_is_its_return() -> None:
    away, there = SpanExportResult.FAILURE, SpanExportResult.SUCCESS
    exporter = QuietSpanExporter(ScriptedExporter(there, away, away, away, there, there))

    with structlog.testing.capture_logs() as lines:
        for _ in range(6):
            exporter.export(())

    assert [line["event"] for line in lines] == ["own_traces_refused", "own_traces_taken_again"]


async def test_a_collector_that_refuses_is_named_with_its_reason_and_keeps_nobody() -> None:
    async with running_recording_server() as server:
        server.serve(PATH, Reply(status=401))
        settings = Settings(otlp_endpoint=server.url("/"))
        with structlog.testing.capture_logs() as lines:
            async with open_tracing(settings, "server") as tracers:
                assert tracers is not None
                tracers.get_tracer("test").start_span("work").end()

    (line,) = lines
    assert line["event"] == "own_traces_refused"
    assert "401" in line["reason"]
    assert line["setting"] == "CALLSCOPE_OTLP_ENDPOINT"


async def test_what_was_not_sent_yet_is_sent_at_the_end() -> None:
    async with running_recording_server() as server:
        collector = SpanCollector(server)
        settings = Settings(otlp_endpoint=collector.endpoint)
        async with open_tracing(settings, "worker") as tracers:
            assert tracers is not None
            tracer = tracers.get_tracer("test")
            attributes = {"url.path": "/welcome/secret", "url.query": "signature=1", "http.route": "/welcome/{secret}"}
            tracer.start_span("work", attributes=attributes).end()
            assert collector.spans() == []

    (span,) = collector.spans()
    assert (span.name, span.service) == ("work", "callscope-worker")
    assert span.attributes == {"http.route": "/welcome/{secret}"}, "addresses are not taken down"
