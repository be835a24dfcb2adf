"""Metrics in a real browser: found, made, tried on a call, scored with, and collected by a policy."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Site
from tests.e2e.test_every_page import violations

ADDRESSES = (
    "/metrics",
    "/metrics/response_time",
    "/metrics/call_outcome",
    "/metrics/new",
    "/metrics/new?kind=PATTERN",
    "/policies",
    "/policies/new?metric=call_outcome",
    "/metrics/call_outcome/score",
    "/collection-jobs",
)


@pytest.mark.parametrize("address", ADDRESSES)
async def test_nobody_is_shut_out_and_nothing_sticks_out(page: Page, address: str) -> None:
    for width, scheme in ((1440, "light"), (360, "dark")):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two that there are
        await page.set_viewport_size({"width": width, "height": 900})
        await page.goto(address)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        assert await violations(page) == []


async def test_a_rubric_grows_in_place_and_says_what_is_wrong_where(page: Page) -> None:
    await page.goto("/metrics")
    await page.get_by_role("link", name="New metric").click()
    await page.get_by_label("Name", exact=True).fill("Politeness")
    await page.get_by_label("Answer", exact=True).select_option("SCALE")
    await page.get_by_role("button", name="Add a stretch").click()
    row = page.get_by_role("group", name="Stretch 1")
    await row.get_by_label("From").fill("0")
    assert await page.get_by_label("Name", exact=True).first.input_value() == "Politeness"
    await page.get_by_role("button", name="Try it").click()
    await expect(row.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    await expect(row.get_by_label("To")).to_have_accessible_description("Up to which number?")
    assert await violations(page) == []
    await page.get_by_role("button", name="Remove stretch 1").click()
    await expect(row).to_have_count(0)
    await page.get_by_role("button", name="Try it").click()
    await expect(page.get_by_label("Call", exact=True)).to_have_attribute("aria-invalid", "true")


async def test_a_threshold_is_tried_made_scored_with_and_collected_by_keyboard(page: Page, site: Site) -> None:
    await page.goto(f"/metrics/new?kind=THRESHOLD&source=turn_count&call={site.call_id}")
    await page.get_by_label("Name", exact=True).fill("Many turns")
    await page.get_by_label("Limit", exact=True).fill("5")
    await page.get_by_role("button", name="Try it").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#trial .trial-answer")).to_have_text("yes")
    assert await violations(page) == []

    await page.get_by_label("Limit", exact=True).focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Saved: Many turns.")).to_be_visible()
    assert await violations(page) == []
    await page.get_by_role("button", name=re.compile("Score . calls")).click()
    await expect(page.get_by_role("heading", name="Progress")).to_contain_text("Waiting")
    assert await violations(page) == []
    await page.get_by_role("button", name="Stop").click()
    await expect(page.get_by_role("heading", name="Progress")).to_contain_text("Stopped")

    await page.goto("/policies/new?metric=many_turns")
    await page.get_by_label("Name", exact=True).fill("Turns of gold")
    await page.get_by_role("button", name="Only by the property").click()
    await page.get_by_label("Property", exact=True).fill("plan_tier")
    await page.get_by_label("Value", exact=True).fill("gold")
    await page.get_by_role("button", name="Or a condition on the agent").click()
    await page.get_by_label("Agent", exact=True).select_option(index=1)
    assert await violations(page) == []
    await page.get_by_role("button", name="Save policy").click()
    await expect(page.get_by_text("Saved: Turns of gold.")).to_be_visible()
    await page.get_by_role("link", name="Turns of gold").click()
    await expect(page.get_by_text("Property plan_tier is gold")).to_be_visible()
    assert await violations(page) == []


async def test_evidence_opens_the_call_at_its_moment(page: Page) -> None:
    await page.goto("/metrics/response_time")
    await page.get_by_role("link", name=re.compile("Go to .* of this call")).first.click()
    await page.wait_for_selector("html[data-call-ready]")
    assert re.search(r"#t=[\d.]+$", page.url)
