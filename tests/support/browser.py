"""Debian's chromium, driven by Playwright."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Page, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str | None:
    """Return the path of an installed chromium, None when there is none."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Yield a running browser. Raises RuntimeError when none is installed."""
    path = find_chromium()
    if path is None:
        raise RuntimeError("no chromium is installed; on Debian: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


async def sign_in_with_key(page: Page, key: str) -> None:
    """Sign a tab in with an API key."""
    await page.goto("/sign-in")
    await page.get_by_text("Sign in with an API key").click()
    await page.get_by_label("API key").fill(key)
    await page.get_by_role("button", name="Sign in with the key").click()
    await page.wait_for_url("**/calls")
