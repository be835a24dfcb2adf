"""Accounts in a real browser: from the printed link to members, keys, projects and sessions."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from callscope.services import accounts, analyses
from tests.e2e.conftest import Site
from tests.e2e.test_every_page import violations
from tests.support.secret_words import PASSWORD

PAGES = (
    "/settings/members",
    "/settings/you",
    "/settings/projects",
    "/settings/keys",
    "/settings/webhooks",
    "/settings/jobs",
    "/settings/storage",
)
STICKING_OUT = "[...document.querySelectorAll('.scroll')].some((one) => one.scrollWidth > one.clientWidth)"


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
        await owner.wait_for_load_state("networkidle")
        assert await violations(owner) == []
        assert await owner.evaluate("document.documentElement.scrollWidth") <= width
        assert not await owner.evaluate(STICKING_OUT), "a table is read without moving it sideways"


async def test_what_is_kept_is_counted_beside_the_page_and_a_rule_is_asked_before_it_deletes(owner: Page) -> None:
    await owner.goto("/settings/storage")
    await expect(owner.get_by_role("table", name="What is kept").or_(owner.locator(".kept table"))).to_be_visible()
    await owner.get_by_label("Recordings, days").fill("soon")
    await owner.keyboard.press("Enter")
    await expect(owner.get_by_text("Give a whole number from 1 to 36500, or nothing.")).to_be_visible()
    assert await violations(owner) == []
    await owner.get_by_label("Recordings, days").fill("3650")
    await owner.keyboard.press("Enter")
    await expect(owner.get_by_label("Recordings, days")).to_have_value("3650")


async def test_failed_work_is_tried_again_by_keyboard(owner: Page, site: Site) -> None:
    await owner.goto("/settings/jobs")
    await expect(owner.get_by_text("The server answered 404 Not Found.")).to_be_visible()
    await owner.get_by_role("button", name="Fetching a recording").press("Enter")
    sheet = owner.get_by_role("dialog", name="Try 1 again?")
    await expect(sheet).to_be_visible()
    assert await violations(owner) == []
    await owner.keyboard.press("Escape")
    await expect(sheet).to_be_hidden()
    await owner.get_by_role("button", name="Fetching a recording").press("Enter")
    await sheet.get_by_role("button", name="Cancel").press("Tab")
    await owner.keyboard.press("Enter")
    await expect(owner.get_by_text("Nothing in default was given up.")).to_be_visible()
    async with site.opened() as wiring, wiring.reads() as session:
        again = await analyses.latest(session, site.project_id, site.failed_call_id)
    async with site.opened() as wiring, wiring.sessions.begin() as session:
        await analyses.fail(session, again, reason="The server answered 404 Not Found.", at=wiring.clock.now())


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
