"""Accounts in a real browser: from the printed link to members, keys, projects and sessions."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from callscope.services import accounts
from tests.e2e.conftest import Site
from tests.e2e.test_every_page import violations

PAGES = ("/settings/members", "/settings/you", "/settings/projects", "/settings/keys")
PASSWORD = "a long enough sentence"


@pytest.fixture
async def owner(site: Site, running_browser: Browser) -> AsyncIterator[Page]:
    """A page of whoever runs the installation."""
    async with site.opened() as wiring, wiring.sessions.begin() as session:
        secret = await accounts.first_link(session, now=wiring.clock.now())
    context = await running_browser.new_context(base_url=site.url)
    page = await context.new_page()
    if secret is None:
        await page.goto("/sign-in")
        await page.get_by_label("E-mail address").fill("ona@callscope.test")
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="Sign in", exact=True).click()
    else:
        await page.goto(f"/welcome/{secret}")
        assert await violations(page) == []
        await page.get_by_label("E-mail address").fill("ona@callscope.test")
        await page.get_by_label("Name").fill("Ona Berg")
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="Make the account").click()
    await expect(page.get_by_role("heading", name="Calls")).to_be_visible()
    yield page
    await context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
async def test_the_settings_of_people_shut_nobody_out(owner: Page, path: str, scheme: Any) -> None:
    await owner.emulate_media(color_scheme=scheme)
    for width in (1280, 360):
        await owner.set_viewport_size({"width": width, "height": 900})
        await owner.goto(path)
        assert await violations(owner) == []
        assert await owner.evaluate("document.documentElement.scrollWidth") <= width


async def test_somebody_is_invited_joins_and_makes_no_key(owner: Page, context: BrowserContext) -> None:
    await owner.goto("/settings/members")
    await owner.get_by_label("E-mail address").fill("mia@callscope.test")
    await owner.get_by_label("Role", exact=True).select_option("VIEWER")
    await owner.get_by_role("button", name="Invite", exact=True).click()
    link = await owner.locator("#invitation").inner_text()
    assert await violations(owner) == []

    await context.clear_cookies()
    guest = await context.new_page()
    await guest.goto(link)
    await guest.get_by_label("Name").fill("Mia")
    await guest.get_by_label("Password", exact=True).fill(PASSWORD)
    await guest.get_by_role("button", name="Make the account").click()
    await expect(guest.get_by_role("heading", name="Calls")).to_be_visible()
    await guest.get_by_role("link", name="Settings").click()
    await expect(guest.get_by_role("heading", name="Mia")).to_be_visible()
    await expect(guest.get_by_role("link", name="API keys")).to_have_count(0)


async def test_a_key_is_made_and_shown_once(owner: Page) -> None:
    await owner.goto("/settings/keys")
    await owner.get_by_label("Name").fill("Night agent")
    await owner.get_by_role("button", name="Make it").click()
    key = await owner.locator("#new-key").inner_text()
    assert key.startswith("rk_live_")
    assert await violations(owner) == []
    await owner.goto("/settings/keys")
    assert key not in await owner.content()
    await expect(owner.get_by_role("rowheader", name="Night agent")).to_be_visible()
