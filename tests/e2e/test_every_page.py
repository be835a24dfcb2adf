from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.e2e.conftest import Site
from tests.support.browser import sign_in_with_key

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PLACES = ("overview", "list", "found", "call", "failed", "agents", "agent", "chosen", "design")
NOTE_SHIFTS = (
    "window.shift = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries())"
    " if (!entry.hadRecentInput) window.shift += entry.value; }).observe({ type: 'layout-shift', buffered: true });"
)


def addresses(site: Site) -> dict[str, str]:
    return {
        "list": "/calls",
        "found": "/calls?searchText=charged&callDirection=INBOUND&properties[plan_tier]=gold",
        "overview": "/overview?period=week",
        "agents": "/agents",
        "agent": f"/agents/{site.agent_id}",
        "chosen": f"/calls/selection?call={site.call_id}",
        "design": "/design",
        "call": f"/calls/{site.call_id}#t=20",
        "failed": f"/calls/{site.failed_call_id}",
    }


async def violations(page: Page) -> list[str]:
    await page.evaluate(AXE.read_text())
    found: dict[str, Any] = await page.evaluate("rules => axe.run(document, { runOnly: rules })", RULES)
    return [
        f"{problem['id']}: {node['html'][:160]} - {node['failureSummary']}"
        for problem in found["violations"]
        for node in problem["nodes"]
    ]


async def shift(page: Page) -> float:
    """The layout shift noted so far; a frame later, when what the last frame moved has been noted too."""
    await page.evaluate(
        "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
    )
    return float(await page.evaluate("window.shift"))


async def visit(page: Page, address: str) -> None:
    await page.goto(address)
    if await page.locator("[data-call]").count():
        await page.wait_for_selector("html[data-call-ready]")


@pytest.mark.parametrize("place", PLACES)
async def test_nobody_is_shut_out_and_nothing_sticks_out(page: Page, site: Site, place: str) -> None:
    for width, scheme in ((1440, "light"), (768, "light"), (360, "dark")):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two that there are
        await page.set_viewport_size({"width": width, "height": 900})
        await visit(page, addresses(site)[place])
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        assert await violations(page) == []


async def test_nobody_is_shut_out_of_the_sign_in_nor_of_the_help_sheet(
    context: BrowserContext, page: Page, site: Site
) -> None:
    stranger = await context.browser.new_page(base_url=site.url)  # type: ignore[union-attr]  # launched, not connected to
    await stranger.goto("/sign-in")
    assert await violations(stranger) == []
    await stranger.close()
    await visit(page, addresses(site)["call"])
    await page.keyboard.press("?")
    assert await violations(page) == []


async def test_the_list_narrows_to_what_is_searched_for(page: Page) -> None:
    await page.get_by_label("Search a phone number").fill("long")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("1 call with “long”")).to_be_visible()
    assert await page.locator("tbody .open").count() == 1
    await page.get_by_label("Search a phone number").fill("")
    await page.get_by_role("button", name="Search").click()
    await expect(page.get_by_text("The server answered 404 Not Found.")).to_be_visible()


async def test_an_empty_project_shows_what_to_send(context: BrowserContext) -> None:
    page = await context.new_page()
    await sign_in_with_key(page, "empty")
    await expect(page.get_by_role("heading", name="Send your first call")).to_be_visible()
    assert await violations(page) == []
    await page.set_viewport_size({"width": 360, "height": 900})
    for path in ("/calls", "/traces", "/overview", "/settings/jobs"):
        await page.goto(path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360, path
        assert await violations(page) == []


async def test_layout_does_not_shift_when_the_drawing_arrives(page: Page, site: Site) -> None:
    await page.add_init_script(NOTE_SHIFTS)
    await visit(page, f"/calls/{site.call_id}")
    assert await shift(page) < 0.01


async def test_layout_does_not_shift_when_charts_are_drawn(page: Page) -> None:
    await page.add_init_script(NOTE_SHIFTS)
    await visit(page, "/overview?period=week")
    await page.wait_for_selector("html[data-charts-ready]")
    assert await shift(page) < 0.01


async def test_signing_out_closes_the_pages(page: Page) -> None:
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url("**/sign-in")
    await page.goto("/calls")
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
