"""What it costs to be watched, and whether plug-ins are answered while the worker is busy: two ratios, in one run.

- watchers: processor time the server spends on changes of a running call with 200 watchers, against one watcher;
- answers: the 99th percentile of the plug-ins' requests (an event, an upload address, a chunk of 256 KiB) while the
  worker measures one long recording after another, against the same requests while it has nothing to do.

A real `callscope serve` on its embedded database. `python bench/live.py [--watchers 200] [--changes 30]
[--requests 1000]` prints medians and ratios; the bar for answers is 3.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the builders of the tests make the calls

from tests.support.pages import sign_in  # noqa: E402 - after the path is set
from tests.support.plugin_calls import started  # noqa: E402
from tests.support.provider_messages import VAPI_CALL, VAPI_MESSAGES, vapi_status  # noqa: E402
from tests.support.recording_server import Reply, running_recording_server  # noqa: E402
from tests.support.service import API_KEY, Service  # noqa: E402
from tests.support.tones import tone_wav  # noqa: E402

BAR = 3.0
HEADERS = {"authorization": f"Bearer {API_KEY}"}
ROUTE = "/v1/integrations/pipecat"
CHUNK = bytes(256 * 1024)
REQUESTS_PER_BUSY_CALL = 25
BUSY_S = 1800


async def main() -> None:
    """Run both parts and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--watchers", type=int, default=200)
    parser.add_argument("--changes", type=int, default=30)
    parser.add_argument("--requests", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="callscope-bench-") as directory:
        service = Service(Path(directory) / "data")
        service.start()
        try:
            await compare_watchers(service, options.watchers, options.changes)
            await compare_answers(service, options.requests)
        finally:
            service.stop()


async def compare_watchers(service: Service, many: int, changes: int) -> None:
    """Print what changes cost with one watcher and with many."""
    cost_s = {}
    for count in (1, many):
        ref = f"0198c1de-0000-7000-8000-{count:012d}"
        cost_s[count] = await watched(service, ref, count, changes)
        print(f"{count:>4} watchers: {1000 * cost_s[count] / changes:6.1f} ms of processor time a change")
    print(f"{many} watchers cost {cost_s[many] / cost_s[1]:.1f} times what one costs, for {many} times the watchers")


async def watched(service: Service, ref: str, count: int, changes: int) -> float:
    """Return the server's processor seconds for so many changes, each seen by every watcher."""
    async with httpx.AsyncClient(base_url=service.address, headers=HEADERS, timeout=30) as client:
        await client.post("/v1/integrations/vapi", json=about(vapi_status("in-progress"), ref))
        call_id = await call_of(client, ref)
        async with AsyncExitStack() as stack:
            streams = [await stack.enter_async_context(watching(service, call_id)) for _ in range(count)]
            await asyncio.gather(*(next_turn_count(stream) for stream in streams))
            before_s = processor_s(service)
            for number in range(1, changes + 1):
                await client.post("/v1/integrations/vapi", json=about(update(number), ref))
                await asyncio.gather(*(until_turn_count(stream, number) for stream in streams))
            return processor_s(service) - before_s


def about(message: dict[str, Any], ref: str) -> dict[str, Any]:
    """Return a server message as of another call."""
    return {"message": {**message["message"], "call": {**VAPI_CALL, "id": ref}}}


def update(count: int) -> dict[str, Any]:
    """Return a conversation update with so many turns."""
    turns = [{**VAPI_MESSAGES[1], "secondsFromStart": 2.0 * number} for number in range(count)]
    return {"message": {"type": "conversation-update", "messages": turns}}


async def call_of(client: httpx.AsyncClient, ref: str) -> str:
    """Return the id of a call, once it is there."""
    while True:
        found = [call for call in (await client.get("/v1/call")).json()["data"] if call["externalId"] == ref]
        if found:
            return str(found[0]["id"])


@asynccontextmanager
async def watching(service: Service, call_id: str) -> AsyncIterator[AsyncIterator[str]]:
    """Open the stream of a call as a signed-in browser does, and yield its lines."""
    async with httpx.AsyncClient(base_url=service.address, timeout=60) as browser:
        await sign_in(browser, API_KEY)
        async with browser.stream("GET", f"/calls/{call_id}/live") as response:
            yield response.aiter_lines()


async def next_turn_count(stream: AsyncIterator[str]) -> int:
    """Return how many turns the next event shows."""
    async for line in stream:
        before, word, _ = line.partition(" turn")
        if word:
            return int(before.split()[-1])
    raise RuntimeError("the stream ended")


async def until_turn_count(stream: AsyncIterator[str], wanted: int) -> None:
    """Return when so many turns were shown."""
    while await next_turn_count(stream) < wanted:
        pass


def processor_s(service: Service) -> float:
    """Return the processor seconds the server has spent so far."""
    spent = psutil.Process(service.server.pid).cpu_times()
    return spent.user + spent.system


async def compare_answers(service: Service, requests: int) -> None:
    """Print how long plug-ins wait with the worker idle and with it busy."""
    idle = await answer_times(service, "idle", requests)
    async with running_recording_server() as recordings:
        url = recordings.serve("/long.wav", Reply(body=tone_wav(seconds=BUSY_S)))
        busy_calls = requests // REQUESTS_PER_BUSY_CALL
        for _ in range(busy_calls):
            await service.create_call(url)
        # They come from this process, whose clock they would keep waiting.
        await until_fetched(service, busy_calls)
        await asyncio.to_thread(wait_until_measuring, service)
        busy = await answer_times(service, "busy", requests)
        was_busy = is_measuring(service)
    print(f"worker {'still' if was_busy else 'NO LONGER'} busy at the end of the second half")
    for name, times_ms in idle.items():
        ratio = percentile(busy[name], 99) / percentile(times_ms, 99)
        print(f"{name:>8}: idle {summary(times_ms)}; busy {summary(busy[name])}: {ratio:.1f} times (bar {BAR:g})")


def summary(times_ms: list[float]) -> str:
    """Return median and 99th percentile in words."""
    return f"median {statistics.median(times_ms):.1f} ms, p99 {percentile(times_ms, 99):.1f} ms"


async def until_fetched(service: Service, count: int) -> None:
    """Return once so many recordings have been fetched."""
    async with httpx.AsyncClient(base_url=service.address, headers=HEADERS, timeout=30) as client:
        fetched = 0
        while fetched < count:
            await asyncio.sleep(0.2)
            calls = (await client.get("/v1/call", params={"limit": 100})).json()["data"]
            fetched = sum(call["recordingUrlAccess"] == "AVAILABLE" for call in calls)


def is_measuring(service: Service) -> bool:
    """Tell whether a worker has a recording measured."""
    return bool(service.measuring())


def wait_until_measuring(service: Service) -> None:
    """Return once a worker measures."""
    while not is_measuring(service):
        time.sleep(0.1)


async def answer_times(service: Service, label: str, requests: int) -> dict[str, list[float]]:
    """Return the milliseconds of each kind of request, sent one after another at the pace of a few calls."""
    times: dict[str, list[float]] = {"event": [], "address": [], "chunk": []}
    async with httpx.AsyncClient(base_url=service.address, headers=HEADERS, timeout=30) as client:
        for number in range(requests):
            ref = {"pipecatCallId": f"{label}-{number % 10}"}
            await timed(times["event"], client.post(ROUTE, json=started(**ref)))
            body = {**ref, "chunkIndex": number}
            answer = await timed(times["address"], client.post(f"{ROUTE}/chunk-upload-url", json=body))
            await timed(times["chunk"], client.put(answer.json()["data"]["uploadUrl"], content=CHUNK))
            await asyncio.sleep(0.02)
    return times


async def timed(times_ms: list[float], request: Awaitable[httpx.Response]) -> httpx.Response:
    """Return an answer, having noted how long it took."""
    began = time.perf_counter()
    response = await request
    times_ms.append(1000 * (time.perf_counter() - began))
    response.raise_for_status()
    return response


def percentile(values: list[float], percent: float) -> float:
    """Return the value that so many percent of the values lie below."""
    return sorted(values)[min(len(values) - 1, int(len(values) * percent / 100))]


if __name__ == "__main__":
    asyncio.run(main())
