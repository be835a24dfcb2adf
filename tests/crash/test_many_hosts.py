"""Two hosts, each with a server and a worker, that share one PostgreSQL and one S3-compatible store and no disk."""

import asyncio
import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from tests.support.database import DatabaseServer
from tests.support.recording_server import RecordingServer, Reply
from tests.support.s3_server import running_s3
from tests.support.service import API_KEY, Service, kill
from tests.support.stage_gate import wait_until
from tests.support.tones import tone_wav

pytestmark = pytest.mark.slow

WAV = tone_wav(seconds=0.5)
HEADERS = {"authorization": f"Bearer {API_KEY}"}


@pytest.fixture(scope="module")
def shared_url(database_server: DatabaseServer) -> Iterator[str]:
    url = database_server.create_empty()
    yield url
    database_server.drop(url)


@pytest.fixture(scope="module")
def hosts(shared_url: str) -> Iterator[tuple[Service, Service]]:
    with tempfile.TemporaryDirectory(prefix="callscope-hosts-") as directory, running_s3(Path(directory)) as store:
        environment = {**store, "CALLSCOPE_DATABASE_URL": shared_url, "CALLSCOPE_SECRET_KEY": "shared-by-all-hosts"}
        both = []
        for name in ("one", "two"):
            (Path(directory) / name).mkdir()
            both.append(Service(Path(directory) / name / "data", environment))
        # Both at once: they migrate the empty database, one after the other.
        for host in both:
            host.start()
        try:
            yield both[0], both[1]
        finally:
            for host in both:
                host.stop()


async def create(host: Service, recordings: RecordingServer, name: str, reply: Reply) -> str:
    return await host.create_call(recordings.serve(f"/{name}.wav", reply), externalId=name)


async def wait_until_final(url: str, call_id: str, *, timeout_s: int = 120) -> str:
    def wait() -> str:
        with psycopg.connect(url, autocommit=True) as connection:
            final = f"call_id = '{call_id}' AND status IN ('COMPLETED', 'FAILED', 'CANCELLED')"
            wait_until(connection, f"SELECT count(*) = 1 FROM analysis WHERE {final}", timeout_s=timeout_s)  # noqa: S608 - an id of our own
            row = connection.execute("SELECT status, reason FROM analysis WHERE call_id = %s", [call_id]).fetchone()
        assert row is not None
        return str(row[0]) if row[1] is None else f"{row[0]}: {row[1]}"

    return await asyncio.to_thread(wait)


async def test_what_one_host_took_in_the_other_shows_and_plays(
    hosts: tuple[Service, Service], shared_url: str, recordings: RecordingServer
) -> None:
    call_id = await create(hosts[0], recordings, "shown", Reply(body=WAV))

    assert await wait_until_final(shared_url, call_id) == "COMPLETED"

    async with httpx.AsyncClient(base_url=hosts[1].address, headers=HEADERS, timeout=60) as client:
        call = (await client.get(f"/v1/call/{call_id}")).json()["data"]
        sound = await client.get(call["recordingUrl"])
        # An address signed by one host is good at the other.
        path = httpx.URL(call["recordingUrl"]).raw_path.decode()
        elsewhere = await client.get(hosts[0].address + path)
    assert call["recordingUrlAccess"] == "AVAILABLE"
    assert (sound.content, elsewhere.content) == (WAV, WAV)


async def test_the_job_of_a_host_that_vanishes_is_done_by_the_other(
    hosts: tuple[Service, Service], shared_url: str, recordings: RecordingServer
) -> None:
    vanishing, staying = hosts
    await asyncio.to_thread(kill, staying.workers())
    hold = asyncio.Event()
    call_id = await create(vanishing, recordings, "held", Reply(body=WAV, hold=hold))
    await recordings.started.wait()
    await asyncio.to_thread(kill, [*vanishing.workers(), psutil.Process(vanishing.server.pid)])
    await asyncio.to_thread(vanishing.wait)
    hold.set()

    assert await wait_until_final(shared_url, call_id, timeout_s=60) == "COMPLETED"

    assert recordings.count("/held.wav") > 1
    await asyncio.to_thread(vanishing.start)


async def test_hosts_restarted_one_after_the_other_answer_every_request(
    hosts: tuple[Service, Service], recordings: RecordingServer, shared_url: str
) -> None:
    """The load balancer takes a host out before it is stopped; what is under way there is answered."""
    ready = [hosts[0], hosts[1]]
    stop = asyncio.Event()
    answered: list[str] = []
    url = recordings.serve("/load.wav", Reply(body=WAV))

    async def send(prefix: str) -> None:
        for number in itertools.count():
            if stop.is_set():
                return
            host = ready[number % len(ready)]
            answered.append(await host.create_call(url, externalId=f"{prefix}-{number}"))

    senders = [asyncio.create_task(send(prefix)) for prefix in ("a", "b")]
    for host in hosts:
        count = len(answered)
        ready.remove(host)
        assert await asyncio.to_thread(host.stop) == 0
        await asyncio.to_thread(host.start)
        ready.append(host)
        assert len(answered) > count
    stop.set()
    await asyncio.gather(*senders)

    with psycopg.connect(shared_url) as connection:
        stored = connection.execute("SELECT id::text FROM call WHERE external_id ~ '^[ab]-'").fetchall()
    assert sorted(answered) == sorted(found for (found,) in stored)
