"""Two in the morning, a complaint and a phone number: from the search to the moment the agent talked over a caller."""

import re
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.conftest import Site
from tests.e2e.test_call_page import tab_to

POSITION_S = "document.querySelector('[data-audio]').currentTime"


async def test_from_a_phone_number_to_the_moment_of_the_failed_barge_in(page: Page, site: Site) -> None:
    await page.goto("/calls")
    await page.get_by_role("searchbox").fill("+1 (415) 555-0123")
    await page.get_by_role("searchbox").press("Enter")
    await expect(page).to_have_url(re.compile("searchText="))
    await page.get_by_role("link", name="Failed barge-ins").click()
    await expect(page.get_by_role("status")).to_contain_text("failed barge-ins first")
    row = page.locator("tr", has_text="Charged twice")
    await expect(row.get_by_role("img")).to_have_attribute("aria-label", re.compile("1 failed barge-in"))
    await row.get_by_role("link").first.click()
    await page.wait_for_selector("html[data-call-ready]")
    await page.wait_for_function("() => document.querySelector('[data-audio]').readyState > 0")
    await page.locator(".figure", has_text="Barge-ins failed").get_by_role("link").click()
    await page.wait_for_function(f"() => Math.abs({POSITION_S} - 28) < 0.1")
    await page.keyboard.press("Space")
    await page.wait_for_selector('[data-entry-ms="29000"][aria-current]')
    await page.keyboard.press("Space")
    await expect(page.locator(".entry[aria-current]")).to_contain_text("No, no, I need it today, please listen.")
    await page.get_by_label("Note", exact=True).fill("The agent talked over her.")
    await page.get_by_role("button", name="Take the playhead").click()
    await page.get_by_role("button", name="Write note").click()
    note = page.locator(".notes li")
    await expect(note).to_contain_text("The agent talked over her.")
    await expect(note.get_by_role("link")).to_have_text(re.compile(r"0:(29|30)\.\d"))
    await note.get_by_role("button", name="Remove this note").click()
    await expect(note).to_have_count(0)
    assert str(site.call_id) in page.url


SEEN = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect(), style = getComputedStyle(one);
  const isInSight = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  return isInSight && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
}"""


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (360, "dark")])
async def test_the_complaint_is_heard_by_keyboard_alone(page: Page, site: Site, width: int, scheme: Any) -> None:
    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    await page.set_viewport_size({"width": width, "height": 780})

    async def go_to(wanted: Locator) -> None:
        await tab_to(page, wanted)
        assert await page.evaluate(SEEN), wanted
        await page.keyboard.press("Enter")

    await page.goto("/calls")
    await tab_to(page, page.get_by_role("searchbox"))
    await page.keyboard.type("+1 (415) 555-0123")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("searchText="))
    await go_to(page.get_by_role("link", name="Failed barge-ins"))
    await expect(page.get_by_role("status")).to_contain_text("failed barge-ins first")
    await go_to(page.locator(f'tr a.open[href^="/calls/{site.call_id}"]'))
    await page.wait_for_selector("html[data-call-ready]")
    await page.wait_for_function("() => document.querySelector('[data-audio]').readyState > 0")
    await go_to(page.locator(".figure", has_text="Barge-ins failed").get_by_role("link"))
    await page.wait_for_function(f"() => Math.abs({POSITION_S} - 28) < 0.1")
    await page.keyboard.press("Space")
    await page.wait_for_selector('[data-entry-ms="29000"][aria-current]')
    await page.keyboard.press("Space")
    await expect(page.locator(".entry[aria-current]")).to_contain_text("No, no, I need it today, please listen.")


async def test_silence_is_passed_over_and_the_list_is_walked_by_key(page: Page, site: Site) -> None:
    await page.goto(f"/calls/{site.call_id}#t=18.2")
    await page.wait_for_selector("html[data-call-ready]")
    await page.wait_for_function("() => document.querySelector('[data-audio]').readyState > 0")
    await page.keyboard.press("k")
    await expect(page.get_by_label("Skip silence")).to_be_checked()
    await page.keyboard.press("Space")
    await page.wait_for_function(f"() => {POSITION_S} > 21")
    await page.keyboard.press("Space")
    await page.keyboard.press("]")
    await page.wait_for_url(f"**/calls/{site.long_call_id}")
    await page.wait_for_selector("html[data-call-ready]")
    await page.keyboard.press("[")
    await page.wait_for_url(f"**/calls/{site.call_id}")


async def test_values_are_compared_with_other_calls(page: Page, site: Site) -> None:
    await page.goto(f"/calls/{site.call_id}")
    await page.get_by_text("Response time", exact=True).click()
    standing = page.locator('[id="standing-response_time/agent"]')
    await expect(standing).to_have_text(re.compile(r"More than in \d+ % of the \d+ newest calls\."))


async def test_a_filter_is_built_by_clicking_a_value_and_taken_away_again(page: Page, site: Site) -> None:
    await page.goto("/calls")
    await page.locator("tbody").get_by_role("link", name="Front desk").first.click()
    await expect(page.locator(".chip")).to_contain_text("Agent Front desk")
    await page.get_by_role("link", name="Remove Agent Front desk").click()
    await expect(page.locator(".chip")).to_have_count(0)
    await page.get_by_text("Filter", exact=True).click()
    await page.get_by_label("Longer than, seconds").fill("600")
    await page.get_by_label("Started from").fill("2020-01-31T10:00")
    await page.get_by_role("button", name="Show these calls").click()
    await expect(page.locator(".chip")).to_have_count(2)
    # What was typed in the viewer's zone is asked for in UTC.
    assert "startedAfter=2020-01-31T" in page.url
    assert "Z&" in page.url
    assert await page.locator("tbody .open").count() == 1
    assert f"/calls/{site.long_call_id}" in str(await page.locator("tbody .open").get_attribute("href"))


async def test_charts_are_drawn_from_what_the_tables_say(page: Page) -> None:
    await page.goto("/overview?period=week")
    await page.wait_for_selector("html[data-charts-ready]")
    assert await page.locator(".drawing canvas").count() == 2
    await page.locator(".chart-table a").first.click()
    await expect(page).to_have_url(re.compile("startedAfter="))
