"""How the page of a trace opens and scrolls in a browser: 30,000 spans against 300, in one run.

Two times are taken, alternating between the traces:

- open: from navigation to the spans drawn and ready for the keyboard;
- frame: the 95th percentile of the time between frames while the list is scrolled from end to end.

`python bench/waterfall.py [--rounds 10]` prints medians and ratios; the bars are one second and 2.0 for a frame.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.async_api import Page

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the builders of the tests make the traces

from callscope.storage import embedded, migrations  # noqa: E402 - after the path is set
from tests.support.browser import chromium, sign_in_with_key  # noqa: E402
from tests.support.traced_site import KEY, TracedSite, traced_site  # noqa: E402

FEW, MANY = 300, 30_000
OPEN_BAR_MS = 1000.0
FRAME_BAR = 2.0
SCROLL = """
    async () => {
        const list = document.querySelector("[data-span-list]");
        const steps = 120, gaps = [];
        let last = performance.now();
        for (let step = 0; step <= steps; step += 1) {
            list.scrollTop = (list.scrollHeight - list.clientHeight) * step / steps;
            await new Promise(requestAnimationFrame);
            gaps.push(performance.now() - last);
            last = performance.now();
        }
        return gaps.sort((one, other) => one - other)[Math.floor(gaps.length * 0.95)];
    }
"""


async def open_trace(page: Page, trace_id: str) -> float:
    """Return how long the page of a trace took to be ready, in milliseconds."""
    began = time.perf_counter()
    await page.goto(f"/traces/{trace_id}", wait_until="commit")
    await page.wait_for_selector("html[data-trace-ready]", state="attached")
    await page.wait_for_selector("[role=option]")
    return (time.perf_counter() - began) * 1000


async def measure(site: TracedSite, rounds: int) -> dict[str, dict[int, list[float]]]:
    """Return the times by what was timed and by the number of spans; a first round warms up and is dropped."""
    found: dict[str, dict[int, list[float]]] = {kind: {FEW: [], MANY: []} for kind in ("open", "frame")}
    async with chromium() as browser:
        page = await browser.new_page(base_url=site.url)
        await sign_in_with_key(page, KEY)
        for at in range(rounds + 1):
            for count, trace_id in site.sized.items():
                open_ms = await open_trace(page, trace_id)
                frame_ms = float(await page.evaluate(SCROLL))
                if at:
                    found["open"][count].append(open_ms)
                    found["frame"][count].append(frame_ms)
    return found


def report(found: dict[str, dict[int, list[float]]]) -> bool:
    """Print medians and the median of each round's own ratio; return whether both are within their bars."""
    ratios = {}
    for kind, times in found.items():
        few, many = times[FEW], times[MANY]
        ratios[kind] = statistics.median(large / small for small, large in zip(few, many, strict=True))
        print(
            f"{kind:5} {FEW} spans {statistics.median(few):7.1f} ms   {MANY:,} spans {statistics.median(many):7.1f} ms"
            f"   ratio {ratios[kind]:.2f}"
        )
    opened_ms = statistics.median(found["open"][MANY])
    is_within = opened_ms <= OPEN_BAR_MS and ratios["frame"] <= FRAME_BAR
    print(f"{MANY:,} spans open in {opened_ms:.0f} ms (bar {OPEN_BAR_MS:.0f})")
    print(f"frames take {ratios['frame']:.2f} times as long (bar {FRAME_BAR})")
    return is_within


def main() -> int:
    """Run the benchmark; exit with 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description="A trace of 30,000 spans in a browser.")
    parser.add_argument("--rounds", type=int, default=10)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="callscope-bench-") as folder:
        database = embedded.start(Path(folder) / "database")
        try:
            migrations.upgrade(database.url)
            with traced_site(database.url, Path(folder) / "data", (FEW, MANY)) as site:
                return 0 if report(asyncio.run(measure(site, arguments.rounds))) else 1
        finally:
            database.stop()


if __name__ == "__main__":
    sys.exit(main())
