"""How long a call page takes to open: a call of two hours against one of two minutes, in one run.

Both calls have the same density of speech, words and tools, are stored as the service stores them, and are read by the
whole application over its embedded database. Two times are taken, alternating between the calls:

- server: from request to last byte of the page itself;
- usable: from navigation in a real browser to waveform drawn, transcript shown and player ready.

`python bench/pages.py [--rounds 25]` prints medians and the median ratio; the bar is 1.3 for each.
"""

import argparse
import asyncio
import statistics
import struct
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import uvicorn
from playwright.async_api import Page

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the builders of the tests make the calls

from callscope.audio.peaks import PeakCollector  # noqa: E402 - after the path is set
from callscope.boot.app import create_app  # noqa: E402
from callscope.boot.settings import Settings  # noqa: E402
from callscope.boot.wiring import Wiring, open_wiring  # noqa: E402
from callscope.core.recording import Peaks  # noqa: E402
from callscope.services.keys import create_key  # noqa: E402
from callscope.storage import embedded, migrations  # noqa: E402
from tests.support.browser import chromium, sign_in_with_key  # noqa: E402
from tests.support.built_calls import SCRIPT, Line, build_call, build_samples, build_tool, build_whole_call  # noqa: E402
from tests.support.pages import sign_in  # noqa: E402
from tests.support.stored_calls import finish, send  # noqa: E402

BAR = 1.3
KEY = "rk_live_of_the_benchmark"
MINUTE_MS = 60_000
BYTES_PER_MS = 8 * 2
LENGTHS_MIN = {"2 minutes": 2, "2 hours": 120}


def script_of(minutes: int) -> tuple[Line, ...]:
    """Return the built call's script once a minute."""
    return tuple(
        Line(line.role, line.start_ms + at * MINUTE_MS, line.end_ms + at * MINUTE_MS, line.text, line.kind)
        for at in range(minutes)
        for line in SCRIPT
    )


async def wave_file(duration_ms: int) -> AsyncIterator[bytes]:
    """Yield a silent two-channel µ-law file of that length."""
    count_bytes = duration_ms * BYTES_PER_MS
    yield b"RIFF" + struct.pack("<I", count_bytes + 38) + b"WAVEfmt "
    yield struct.pack("<IHHIIHHH", 18, 7, 2, 8000, 16000, 2, 8, 0) + b"data" + struct.pack("<I", count_bytes)
    block = b"\xff" * BYTES_PER_MS * MINUTE_MS
    for _ in range(0, duration_ms, MINUTE_MS):
        yield block[: min(len(block), count_bytes)]


def peaks_of(minutes: int) -> Peaks:
    """Return the waveform as the service collects it, of a minute's sound over and over."""
    samples = build_samples(SCRIPT, MINUTE_MS).T.astype("float32") / 32768
    collector = PeakCollector(2)
    for _ in range(minutes):
        collector.add(samples.repeat(2, axis=1))
    return collector.finish()


async def store_call(wiring: Wiring, minutes: int) -> str:
    """Store a measured call of that length and return its id."""
    async with wiring.sessions.begin() as session:
        project_id = (await create_key(session, project_name="default", name="bench", plain_key=KEY)).project_id
    tools = tuple(
        build_tool(start_offset_ms=at * MINUTE_MS, end_offset_ms=at * MINUTE_MS + 900) for at in range(minutes)
    )
    call = build_call(project_id=project_id, external_id=None, duration_ms=minutes * MINUTE_MS)
    record = build_whole_call(project_id=project_id, script=script_of(minutes), call=call, tools=tools)
    call_id = await send(wiring.sessions, record)
    assert record.recording
    sound = wave_file(record.recording.duration_ms)
    await finish(wiring.sessions, wiring.objects, record, call_id, sound=sound, peaks=peaks_of(minutes))
    return str(call_id)


@asynccontextmanager
async def serving(wiring: Wiring) -> AsyncIterator[str]:
    """Serve the application on a free port and yield its address."""
    server = uvicorn.Server(uvicorn.Config(create_app(wiring), port=0, log_level="warning", access_log=False))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await task


async def time_ms(act: Callable[[], Awaitable[None]]) -> float:
    """Return how long `act` took."""
    started_s = time.perf_counter()
    await act()
    return (time.perf_counter() - started_s) * 1000


async def open_page(page: Page, address: str) -> None:
    """Open a call page and wait until it can be used."""
    await page.goto(address, wait_until="commit")
    await page.wait_for_selector("html[data-call-ready]", state="attached")
    await page.wait_for_selector("[data-entry-ms]")


async def fetch_page(client: httpx.AsyncClient, address: str) -> None:
    """Read the page's HTML whole."""
    (await client.get(address)).raise_for_status()


async def measure(url: str, addresses: dict[str, str], rounds: int) -> dict[str, dict[str, list[float]]]:
    """Return the times by what was timed and by call, in milliseconds; a first round warms up and is dropped."""
    found: dict[str, dict[str, list[float]]] = {kind: {name: [] for name in addresses} for kind in ("server", "usable")}
    async with httpx.AsyncClient(base_url=url) as client, chromium() as browser:
        await sign_in(client, KEY)
        page = await browser.new_page(base_url=url)
        await sign_in_with_key(page, KEY)
        for at in range(rounds + 1):
            for name, address in addresses.items():
                server_ms = await time_ms(lambda address=address: fetch_page(client, address))  # type: ignore[misc]
                usable_ms = await time_ms(lambda address=address: open_page(page, address))  # type: ignore[misc]
                if at:
                    found["server"][name].append(server_ms)
                    found["usable"][name].append(usable_ms)
    return found


def report(found: dict[str, dict[str, list[float]]]) -> bool:
    """Print medians, and the median of each round's own ratio; return whether each is within the bar.

    The two calls of a round are opened one right after the other, so that what else the machine does touches both.
    """
    is_within = True
    for kind, times in found.items():
        short_ms, long_ms = (times[name] for name in LENGTHS_MIN)
        ratio = statistics.median(long / short for short, long in zip(short_ms, long_ms, strict=True))
        is_within &= ratio <= BAR
        medians = f"2 minutes {statistics.median(short_ms):6.1f} ms   2 hours {statistics.median(long_ms):6.1f} ms"
        print(f"{kind:7} {medians}   ratio {ratio:.2f} (bar {BAR})")
    return is_within


async def run(rounds: int) -> bool:
    """Set everything up in a temporary directory, measure, report."""
    with tempfile.TemporaryDirectory(prefix="callscope-bench-") as folder:
        database = embedded.start(Path(folder))
        try:
            migrations.upgrade(database.url)
            async with open_wiring(Settings(data_dir=Path(folder)), database.url) as wiring:
                addresses = {
                    name: f"/calls/{await store_call(wiring, minutes)}" for name, minutes in LENGTHS_MIN.items()
                }
                async with serving(wiring) as url:
                    return report(await measure(url, addresses, rounds))
        finally:
            database.stop()


def main() -> int:
    """Run the benchmark; exit with 1 when a ratio is past its bar."""
    parser = argparse.ArgumentParser(description="Open time of a call page, long against short.")
    parser.add_argument("--rounds", type=int, default=25)
    return 0 if asyncio.run(run(parser.parse_args().rounds)) else 1


if __name__ == "__main__":
    sys.exit(main())
