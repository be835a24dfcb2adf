"""Take the README's picture of the call page: `python docs/picture.py` writes `docs/images/call.png`.

The demo is brought up, as `make demo` does, and the page of its first call is photographed.
"""

import asyncio
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "demo")]  # the demo to show, and the browser of the tests to see it with

import run as demo  # noqa: E402 - after the path is set

from tests.support.browser import chromium, sign_in_with_key  # noqa: E402

PICTURE = ROOT / "docs" / "images" / "call.png"
PORT = 8765
MOMENT = "#t=58.5"
"""Where the demo's first call is at its slowest response."""


async def take(address: str, key: str, call_id: str) -> None:
    """Sign in, open the call, and save what is on screen."""
    async with chromium() as browser:
        page = await browser.new_page(
            base_url=address,
            viewport={"width": 1280, "height": 880},
            color_scheme="light",
            reduced_motion="reduce",
            timezone_id="UTC",
        )
        await sign_in_with_key(page, key)
        await page.goto(f"/calls/{call_id}{MOMENT}")
        await page.wait_for_selector("html[data-call-ready]")
        await page.wait_for_load_state("networkidle")
        await page.screenshot(path=PICTURE)


def main() -> None:
    """Bring the demo up, take the picture, and stop the demo again."""
    with demo.recordings_served() as recordings_url, demo.callscope_served(PORT) as address:
        key = demo.demo_key(address)
        first, *_ = demo.analysed_calls(address, key, recordings_url)
        asyncio.run(take(address, key, first))


if __name__ == "__main__":
    main()
