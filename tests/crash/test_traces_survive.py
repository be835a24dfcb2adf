"""What was acknowledged of traces is there after everything was killed."""

import asyncio
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from tests.support.otlp import body, span
from tests.support.service import API_KEY, Service

pytestmark = pytest.mark.slow

HEADERS = {"authorization": f"Bearer {API_KEY}", "content-type": "application/x-protobuf"}
SENDERS = 4
FEWEST_ACKNOWLEDGED = 40


@pytest.fixture
def service() -> Iterator[Service]:
    with tempfile.TemporaryDirectory(prefix="callscope-traces-") as directory:
        service = Service(Path(directory) / "data", {"CALLSCOPE_OTLP_GRPC_PORT": "0", "CALLSCOPE_LOG_FORMAT": "json"})
        service.start()
        try:
            yield service
        finally:
            service.stop()


async def test_every_acknowledged_span_survives_a_kill_in_the_middle_of_the_load(service: Service) -> None:
    acknowledged: list[int] = []
    killing = asyncio.Event()

    async def send(first: int) -> None:
        async with httpx.AsyncClient(base_url=service.address, headers=HEADERS, timeout=10) as client:
            number = first
            while True:
                content = body(span(number, trace_id=number.to_bytes(16, "big")))
                try:
                    answer = await client.post("/v1/traces", content=content)
                except httpx.TransportError:
                    return
                if answer.status_code == httpx.codes.OK:
                    acknowledged.append(number)
                if len(acknowledged) >= FEWEST_ACKNOWLEDGED:
                    killing.set()
                number += SENDERS

    senders = [asyncio.create_task(send(first)) for first in range(1, SENDERS + 1)]
    await killing.wait()
    await asyncio.to_thread(service.kill_everything)
    await asyncio.gather(*senders)
    await asyncio.to_thread(service.start)

    kept = await asyncio.to_thread(spans_once_drained, service)
    assert len(acknowledged) >= FEWEST_ACKNOWLEDGED
    assert set(acknowledged) - set(kept) == set()
    assert len(kept) == len(set(kept))


async def test_a_served_grpc_port_takes_traces(service: Service) -> None:
    found = re.search(
        r'"port": (\d+), "event": "otlp_grpc_listening"|otlp_grpc_listening.*?"port": (\d+)', service.log()
    )
    assert found is not None, service.log()
    exporter = OTLPSpanExporter(
        endpoint=f"127.0.0.1:{found[1] or found[2]}", insecure=True, headers={"x-roark-api-key": API_KEY}
    )
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    await asyncio.to_thread(lambda: provider.get_tracer("t").start_span("one").end())
    await asyncio.to_thread(provider.shutdown)
    assert len(await asyncio.to_thread(spans_once_drained, service)) == 1


def spans_once_drained(service: Service) -> list[int]:
    """Return the span ids that are there once no payload waits any more."""
    with psycopg.connect(service.database_url(), autocommit=True) as connection:
        while True:
            row = connection.execute(
                "SELECT count(*) FROM trace_payload HAVING bool_and(drained_at IS NOT NULL)"
            ).fetchone()
            if row is not None:
                rows = connection.execute("SELECT span_id FROM span").fetchall()
                return [int.from_bytes(span_id, "big") for (span_id,) in rows]
