"""The service's own traces, from a real installation to a collector."""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from callscope.boot.settings import Settings
from tests.crash.test_killed_in_a_stage import TRANSCRIPT, WAV, wait_until_final
from tests.support.recording_server import RecordingServer, Reply, running_recording_server
from tests.support.service import API_KEY, Service
from tests.support.span_collector import CollectedSpan, SpanCollector

KEY_OF_COLLECTOR = "a-key-of-the-collector"
NUMBER = "+15550100200"
AGENTS_TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
async def server() -> AsyncIterator[RecordingServer]:
    async with running_recording_server() as running:
        yield running


async def run_a_call(service: Service, server: RecordingServer) -> str:
    """Send a call as a traced agent would, see it analysed, look for it, and return its id."""
    recording_url = server.serve("/call.wav", Reply(body=WAV)) + "?signature=secret-of-the-recording"
    body = {
        "recordingUrl": recording_url,
        "startedAt": "2026-01-31T09:30:00Z",
        "interfaceType": "PHONE",
        "callDirection": "INBOUND",
        "customer": {"phoneNumberE164": NUMBER},
        "agent": {"name": "Desk"},
        "transcript": TRANSCRIPT,
    }
    headers = {"authorization": f"Bearer {API_KEY}", "traceparent": f"00-{AGENTS_TRACE}-b7ad6b7169203331-01"}
    async with httpx.AsyncClient(base_url=service.address, headers=headers) as client:
        created = await client.post("/v1/call", json=body)
        assert created.status_code == 201, created.text
        call_id = str(created.json()["data"]["id"])
        await wait_until_final(service, call_id)
        (await client.get("/v1/call", params={"customerPhoneNumber": NUMBER})).raise_for_status()
        (await client.get("/health")).raise_for_status()
    return call_id


@pytest.mark.slow
async def test_a_call_is_one_trace_from_its_request_to_its_last_job(server: RecordingServer) -> None:
    collector = SpanCollector(server)
    environment = {
        "CALLSCOPE_OTLP_ENDPOINT": collector.endpoint,
        "CALLSCOPE_OTLP_HEADERS": f"authorization=Bearer {KEY_OF_COLLECTOR}",
    }
    # Not pytest's own directory: as root, the database's account could not reach it when another session begins.
    with tempfile.TemporaryDirectory(prefix="callscope-tracing-") as directory:
        service = Service(Path(directory) / "data", environment)
        await asyncio.to_thread(service.start)
        call_id = await run_a_call(service, server)
        assert await asyncio.to_thread(service.stop) == 0

    spans = collector.spans()
    assert_one_trace(spans, call_id)
    assert collector.sent_headers("authorization") == {f"Bearer {KEY_OF_COLLECTOR}"}
    everything = b"".join(collector.bodies())
    for secret in (
        API_KEY,
        KEY_OF_COLLECTOR,
        NUMBER,
        NUMBER[1:],
        "secret-of-the-recording",
        "signature",
        "lost my card",
    ):
        assert secret.encode() not in everything, secret


def assert_one_trace(spans: Iterable[CollectedSpan], call_id: str) -> None:
    named = {span.name: span for span in spans if span.trace_id == AGENTS_TRACE}
    request = named["POST /v1/call"]
    assert request.service == "callscope-server"
    assert request.attributes["http.response.status_code"] == 201
    assert str(request.attributes["callscope.request_id"]).startswith("req_")
    jobs = [span for span in named.values() if "callscope.job.name" in span.attributes]
    assert {job.name for job in jobs} >= {
        "transcript.measure",
        "recording.fetch",
        "recording.measure",
        "recording.transcribe",
        "analysis.conclude",
    }
    for job in jobs:
        assert (job.parent_span_id, job.service) == (request.span_id, "callscope-worker")
        assert job.attributes["callscope.call_id"] == call_id
        assert job.attributes["callscope.project_id"] == request.attributes["callscope.project_id"]
        assert (job.attributes["callscope.job.attempt"], job.attributes["callscope.outcome"]) == (1, "completed")
    assert named["recording.hear"].parent_span_id == named["recording.measure"].span_id
    assert "GET /health" not in named


IMPORTED = """
import asyncio, sys
import callscope.boot.server, callscope.boot.worker
from callscope.boot.settings import Settings
from callscope.boot.tracing import open_tracing

async def main():
    async with open_tracing(Settings(), "server") as tracers:
        assert tracers is None

asyncio.run(main())
print([name for name in sys.modules if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter"))])
"""


def test_without_a_collector_the_sdk_is_not_even_loaded() -> None:
    ran = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize("endpoint", ["collector:4318", "ftp://collector", "http://me:pass@collector", "http://"])
def test_an_endpoint_that_is_no_address_is_refused_with_the_remedy(endpoint: str) -> None:
    with pytest.raises(ValidationError, match=r"otlp_endpoint[^$]*CALLSCOPE_OTLP_HEADERS"):
        Settings(otlp_endpoint=endpoint)


def test_headers_are_told_by_commas_and_the_first_equals_sign() -> None:
    headers = Settings.model_validate({"otlp_headers": "Authorization=Bearer abc==, x-team=voice"}).otlp_headers

    assert {name: value.get_secret_value() for name, value in headers.items()} == {
        "authorization": "Bearer abc==",
        "x-team": "voice",
    }
    assert "abc" not in repr(headers)


def test_a_header_without_a_value_is_refused_with_the_remedy() -> None:
    with pytest.raises(ValidationError, match="authorization=Bearer the-key") as refused:
        Settings.model_validate({"otlp_headers": "Bearer abc"})
    assert "abc" not in str(refused.value)
