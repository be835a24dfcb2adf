from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import StatusCode

from callscope.core.jobs import JobName
from callscope.core.trace_parent import within_trace
from callscope.outbound.client import OutboundClient
from callscope.pipeline.app import create_app
from callscope.pipeline.context import PipelineContext
from callscope.storage import jobs
from tests.outbound.conftest import LOOPBACK
from tests.pipeline.conftest import Pipeline
from tests.support.ingested_calls import ingest_call
from tests.support.own_spans import OwnSpans
from tests.support.recording_server import RecordingServer, Reply

TRACE_ID = 0x0AF7651916CD43DD8448EB211C80319C
REQUEST_ID = 0xB7AD6B7169203331
REQUEST = f"00-{TRACE_ID:032x}-{REQUEST_ID:016x}-01"


@pytest.fixture
def spans() -> OwnSpans:
    return OwnSpans()


@pytest.fixture
async def traced(context: PipelineContext, database_url: str, spans: OwnSpans) -> AsyncIterator[Pipeline]:
    """The pipeline of a worker whose traces are on."""
    tracer = spans.provider.get_tracer("test")
    outbound = OutboundClient(allowed_networks=LOOPBACK, tracer=tracer)
    context = replace(context, tracer=tracer, outbound=outbound)
    app = create_app(context, database_url=database_url)
    async with app.open_async():
        yield Pipeline(context=context, app=app)
    await outbound.aclose()


def parent_of(span: ReadableSpan) -> tuple[int, int]:
    assert span.parent is not None
    return span.parent.trace_id, span.parent.span_id


def identity_of(span: ReadableSpan) -> tuple[int, int]:
    context = span.get_span_context()
    assert context is not None
    return context.trace_id, context.span_id


async def test_a_stage_that_fails_says_so_by_kind_and_never_by_message(
    traced: Pipeline, spans: OwnSpans, server: RecordingServer
) -> None:
    url = server.serve("/private/a.wav", Reply(status=404)) + "?signature=secret"
    with within_trace(REQUEST):
        await ingest_call(traced.sessions, recording_url=url)

    await traced.run()

    first, second = spans.named("recording.fetch")
    for span, outcome, attempt in ((first, "postponed", 1), (second, "given_up", 2)):
        assert parent_of(span) == (TRACE_ID, REQUEST_ID), "side by side, however often it is tried"
        assert span.attributes is not None
        assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, None)
        assert span.attributes["error.type"] == "fetch_failed"
        assert span.attributes["callscope.outcome"] == outcome
        assert span.attributes["callscope.stage_attempt"] == attempt
        assert not span.events
    keeping = spans.named("recording.keep")[0]
    asked = spans.named("GET")[0]
    assert (parent_of(keeping), parent_of(asked)) == (identity_of(first), identity_of(keeping))
    assert asked.attributes is not None
    assert (asked.attributes["http.response.status_code"], asked.attributes["server.port"]) == (404, server.port)
    assert not any("secret" in span.to_json() or "private" in span.to_json() for span in spans.ended)


async def test_a_server_that_cannot_be_reached_is_a_failed_request_without_an_answer(
    traced: Pipeline, spans: OwnSpans, server: RecordingServer
) -> None:
    await ingest_call(traced.sessions, recording_url=server.serve("/a.wav", Reply(raw=b"no http at all\r\n\r\n")))

    await traced.run()

    asked = spans.named("GET")[0]
    assert asked.attributes is not None
    assert (asked.status.status_code, asked.attributes["error.type"]) == (StatusCode.ERROR, "RemoteProtocolError")
    assert "http.response.status_code" not in asked.attributes


async def test_jobs_that_nobody_asked_for_begin_a_trace_which_those_they_queue_join(
    traced: Pipeline, spans: OwnSpans, server: RecordingServer
) -> None:
    await ingest_call(traced.sessions, recording_url=server.serve("/a.wav", Reply(status=404)))

    await traced.run()

    first, *later = (span for span in spans.ended if span.attributes and "callscope.job.name" in span.attributes)
    assert first.name == JobName.MEASURE_TRANSCRIPT
    assert first.parent is None
    assert {parent_of(span) for span in later} == {identity_of(first)}


async def test_reading_traces_is_no_trace(traced: Pipeline, spans: OwnSpans) -> None:
    with within_trace(REQUEST):
        async with traced.sessions.begin() as session:
            await jobs.defer(session, JobName.DRAIN_TRACES, args={})

    await traced.run()

    assert await traced.job_statuses() == ["succeeded"]
    assert spans.ended == ()


async def test_a_job_that_goes_on_for_days_is_a_trace_that_points_to_where_it_began(
    traced: Pipeline, spans: OwnSpans
) -> None:
    with within_trace(REQUEST):
        async with traced.sessions.begin() as session:
            args = {"collection_job_id": "01a205a5-d153-7f5b-9066-490e8d6b0602"}
            await jobs.defer(session, JobName.COLLECT_METRICS, args=args)

    await traced.run()

    span = spans.only("metric.collect")
    assert span.parent is None
    (link,) = span.links
    assert (link.context.trace_id, link.context.span_id) == (TRACE_ID, REQUEST_ID)
    assert span.attributes is not None
    assert span.attributes["callscope.collection_job_id"] == args["collection_job_id"]


async def test_a_worker_that_traces_nothing_runs_what_a_tracing_server_queued(
    pipeline: Pipeline, server: RecordingServer
) -> None:
    with within_trace(REQUEST):
        call = await ingest_call(pipeline.sessions, recording_url=server.serve("/a.wav", Reply(status=404)))

    await pipeline.run()

    assert (await pipeline.analysis(call)).status.is_final
