"""What was acknowledged to plug-ins is there after everything was killed: they do not send it again."""

import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.support.plugin_calls import ended, started
from tests.support.service import API_KEY, Service
from tests.support.stage_gate import wait_until

pytestmark = pytest.mark.slow

HEADERS = {"authorization": f"Bearer {API_KEY}"}
ROUTE = "/v1/integrations/pipecat"
SENDERS = 4
FEWEST_ENDED = 6
CHUNK = bytes(range(256)) * 125


@pytest.fixture
def service() -> Iterator[Service]:
    with tempfile.TemporaryDirectory(prefix="callscope-live-") as directory:
        service = Service(Path(directory) / "data")
        service.start()
        try:
            yield service
        finally:
            service.stop()


@dataclass
class Acknowledged:
    """What senders were told is stored."""

    started: set[str] = field(default_factory=set)
    chunks: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)


async def send_call(client: httpx.AsyncClient, ref: str, acknowledged: Acknowledged) -> None:
    named = {"pipecatCallId": ref}
    if (await client.post(ROUTE, json=started(**named))).is_success:
        acknowledged.started.add(ref)
    url = (await client.post(f"{ROUTE}/chunk-upload-url", json={**named, "chunkIndex": 0})).json()["data"]["uploadUrl"]
    if (await client.put(url, content=CHUNK)).is_success:
        acknowledged.chunks.add(ref)
    if (await client.post(ROUTE, json=ended(**named))).is_success:
        acknowledged.ended.add(ref)


async def test_nothing_acknowledged_is_lost_in_a_kill_in_the_middle_of_the_load(service: Service) -> None:
    acknowledged, killing = Acknowledged(), asyncio.Event()

    async def send(sender: int) -> None:
        async with httpx.AsyncClient(base_url=service.address, headers=HEADERS, timeout=20) as client:
            for number in range(10_000):
                try:
                    await send_call(client, f"call-{sender}-{number}", acknowledged)
                except (httpx.TransportError, KeyError):
                    return
                if len(acknowledged.ended) >= FEWEST_ENDED:
                    killing.set()

    senders = [asyncio.create_task(send(sender)) for sender in range(SENDERS)]
    await killing.wait()
    await asyncio.to_thread(service.kill_everything)
    await asyncio.gather(*senders)
    await asyncio.to_thread(service.start)

    statuses, chunk_refs = await asyncio.to_thread(kept, service)
    assert len(acknowledged.ended) >= FEWEST_ENDED
    assert acknowledged.started - statuses.keys() == set()
    assert {ref for ref in acknowledged.ended if statuses.get(ref) != "ENDED"} == set()
    assert acknowledged.chunks - chunk_refs == set()


def kept(service: Service) -> tuple[dict[str, str], set[str]]:
    """Return the calls by their senders' ids, and the calls whose chunk is whole, once all messages were read."""
    with psycopg.connect(service.database_url(), autocommit=True) as connection:
        wait_until(connection, "SELECT count(*) = 0 FROM integration_message WHERE handled_at IS NULL")
        rows = connection.execute("SELECT external_id, status FROM call").fetchall()
        chunks = connection.execute(
            "SELECT call_ref, object_key FROM live_chunk WHERE object_key IS NOT NULL"
        ).fetchall()
    assert len(rows) == len(dict(rows))
    objects = service.data_dir / "objects"
    return dict(rows), {ref for ref, key in chunks if (objects / key).read_bytes() == CHUNK}
