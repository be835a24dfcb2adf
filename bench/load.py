"""Sustained mixed load on one installation: calls with transcripts and recordings, spans, reads.

`python bench/load.py [--minutes 10] [--workers 1] [--calls-per-minute 30]`

Prints errors, latencies, the age of the oldest waiting job and memory over time, and what one call costs: processor
seconds of server, workers and database, and bytes in database and object store. Each recording is measured by a
process of its own, one at a time a worker: a worker keeps up with some 30 calls a minute where it has a core.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the installation under load is that of the tests
from tests.support.otlp import body, span
from tests.support.recording_server import RecordingServer, Reply, running_recording_server
from tests.support.service import API_KEY, Service
from tests.support.stage_gate import wait_until
from tests.support.tones import tone_wav

HEADERS = {"authorization": f"Bearer {API_KEY}"}
PROTOBUF = {**HEADERS, "content-type": "application/x-protobuf"}
RECORDING_S = 30
LINES = 24
SPANS_PER_CALL = 20
SAMPLE_S = 5.0
OLDEST = """
    SELECT coalesce(extract(epoch FROM now() - min(event.at)), 0)
    FROM procrastinate_jobs AS job JOIN procrastinate_events AS event ON event.job_id = job.id
    WHERE job.status = 'todo' AND (job.scheduled_at IS NULL OR job.scheduled_at <= now())
"""


@dataclass
class Seen:
    """What happened so far: seconds by kind of request, failures, and samples of memory and of the oldest job."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failures: list[str] = field(default_factory=list)
    call_ids: list[str] = field(default_factory=list)
    memory_bytes: list[int] = field(default_factory=list)
    oldest_s: list[float] = field(default_factory=list)


def call_body(recording_url: str, number: int) -> dict[str, object]:
    """Return a call of `LINES` turns."""
    step_ms = RECORDING_S * 1000 // LINES
    transcript = [
        {
            "role": ("AGENT", "CUSTOMER")[line % 2],
            "text": f"This is line {line} of call {number}, about a delayed parcel and its refund.",
            "startOffsetMs": line * step_ms,
            "endOffsetMs": (line + 1) * step_ms - 200,
        }
        for line in range(LINES)
    ]
    return {
        "recordingUrl": recording_url,
        "startedAt": "2026-01-31T09:30:00Z",
        "interfaceType": "PHONE",
        "callDirection": "INBOUND",
        "agent": {"name": "Desk"},
        "customer": {"phoneNumberE164": None},
        "externalId": f"load-{number}",
        "transcript": transcript,
    }


async def timed(seen: Seen, kind: str, send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response | None:
    """Send, note how long it took, and return the answer, None when there was none or a bad one."""
    began = time.perf_counter()
    try:
        response = await send()
    except httpx.TransportError as error:
        seen.failures.append(f"{kind}: {error!r}")
        return None
    seen.seconds[kind].append(time.perf_counter() - began)
    if response.is_success:
        return response
    seen.failures.append(f"{kind}: {response.status_code}")
    return None


async def one_call(seen: Seen, client: httpx.AsyncClient, recording_url: str, number: int) -> None:
    """Send a call and its spans, and read as a page would."""
    created = await timed(seen, "create", lambda: client.post("/v1/call", json=call_body(recording_url, number)))
    if created is not None:
        seen.call_ids.append(created.json()["data"]["id"])
    trace_id = number.to_bytes(16, "big")
    spans = [span(index, trace_id=trace_id, at_ms=index * 100) for index in range(1, SPANS_PER_CALL + 1)]
    await timed(seen, "spans", lambda: client.post("/v1/traces", content=body(*spans), headers=PROTOBUF))
    await timed(seen, "list", lambda: client.get("/v1/call"))
    await timed(seen, "search", lambda: client.get("/v1/call", params={"searchText": "refund"}))
    if seen.call_ids:
        call_id = seen.call_ids[number % len(seen.call_ids)]
        await timed(seen, "metrics", lambda: client.get(f"/v1/call/{call_id}/metrics"))


def family(service: Service) -> list[psutil.Process]:
    """Return server, workers, their children and the database."""
    database = service.database()
    server = psutil.Process(service.server.pid)
    of_database = [] if database is None else [database, *database.children()]
    return [server, *server.children(recursive=True), *of_database]


async def sample(seen: Seen, service: Service) -> None:
    """Note memory of server and workers, and the age of the oldest job, until cancelled."""
    while True:
        steady = [psutil.Process(service.server.pid), *service.workers()]
        seen.memory_bytes.append(sum(process.memory_info().rss for process in steady))
        with psycopg.connect(service.database_url()) as connection:
            row = connection.execute(OLDEST).fetchone()
        seen.oldest_s.append(0.0 if row is None else float(row[0]))
        await asyncio.sleep(SAMPLE_S)


async def load(service: Service, receiver: RecordingServer, seen: Seen, *, minutes: float, per_minute: float) -> None:
    """Begin a call at a steady pace, whatever the answers take, for so long; then wait until all is analysed."""
    url = receiver.serve("/call.wav", Reply(body=tone_wav(seconds=RECORDING_S)))
    sampling = asyncio.create_task(sample(seen, service))
    began, running = time.monotonic(), []
    async with httpx.AsyncClient(base_url=service.address, headers=HEADERS, timeout=60) as client:
        for number in range(1, round(minutes * per_minute) + 1):
            await asyncio.sleep(max(0.0, began + number * 60 / per_minute - time.monotonic()))
            running.append(asyncio.create_task(one_call(seen, client, url, number)))
        await asyncio.gather(*running)
        await asyncio.to_thread(wait_until_analysed, service)
    sampling.cancel()
    await asyncio.gather(sampling, return_exceptions=True)


def wait_until_analysed(service: Service) -> None:
    """Return once every analysis has ended."""
    with psycopg.connect(service.database_url(), autocommit=True) as connection:
        unfinished = "SELECT count(*) = 0 FROM analysis WHERE status IN ('QUEUED', 'RUNNING')"
        wait_until(connection, unfinished, timeout_s=3600)


def report(service: Service, seen: Seen, *, cpu_s: float) -> None:
    """Print what was seen."""
    count = len(seen.call_ids)
    with psycopg.connect(service.database_url()) as connection:
        completed, database_bytes = connection.execute(
            "SELECT (SELECT count(*) FROM analysis WHERE status = 'COMPLETED'), pg_database_size(current_database())"
        ).fetchone() or (0, 0)
    stored = sum(path.stat().st_size for path in (service.data_dir / "objects").rglob("*") if path.is_file())
    print(f"{'request':<9} {'count':>6} {'p50 ms':>8} {'p95 ms':>8} {'p99 ms':>8}")
    for kind, seconds in seen.seconds.items():
        cuts = statistics.quantiles(seconds, n=100) if len(seconds) > 1 else seconds * 99
        print(f"{kind:<9} {len(seconds):>6} {cuts[49] * 1000:>8.1f} {cuts[94] * 1000:>8.1f} {cuts[98] * 1000:>8.1f}")
    print(f"failures: {len(seen.failures)} {seen.failures[:3]}; analyses completed: {completed} of {count}")
    print(f"oldest waiting job: median {statistics.median(seen.oldest_s):.1f} s, most {max(seen.oldest_s):.1f} s")
    third = max(1, len(seen.memory_bytes) // 3)
    first, last = statistics.fmean(seen.memory_bytes[:third]), statistics.fmean(seen.memory_bytes[-third:])
    print(f"memory of server and workers: {first / 1e6:.0f} MB in the first third, {last / 1e6:.0f} MB in the last")
    print(
        f"a call of {RECORDING_S} s costs {cpu_s / count:.2f} processor seconds, {stored / count / 1e3:.0f} kB of sound"
    )
    print(f"database: {database_bytes / 1e6:.1f} MB after {count} calls")


async def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--calls-per-minute", type=float, default=30.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="callscope-load-") as directory:
        service = Service(Path(directory) / "data", {"CALLSCOPE_WORKERS": str(arguments.workers)})
        async with running_recording_server() as receiver:
            await asyncio.to_thread(service.start)
            try:
                seen = Seen()
                before = sum(sum(process.cpu_times()[:4]) for process in family(service))
                await load(service, receiver, seen, minutes=arguments.minutes, per_minute=arguments.calls_per_minute)
                after = sum(sum(process.cpu_times()[:4]) for process in family(service))
                report(service, seen, cpu_s=after - before)
            finally:
                await asyncio.to_thread(service.stop)


if __name__ == "__main__":
    asyncio.run(main())
