import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.conftest import PATIENCE_MS
from tests.e2e.test_every_page import violations
from tests.support.browser import sign_in_with_key
from tests.support.database import DatabaseServer
from tests.support.traced_site import KEY, TracedSite, traced_site

MANY = 30_000
MOST_ROWS = 80
ROW_PX = 22


@pytest.fixture(scope="module")
def traced(database_server: DatabaseServer) -> Iterator[TracedSite]:
    url = database_server.clone()
    with (
        tempfile.TemporaryDirectory(prefix="callscope-site-") as folder,
        traced_site(url, Path(folder), (MANY,)) as site,
    ):
        yield site
    database_server.drop(url)


@pytest.fixture
async def traced_page(running_browser: Browser, traced: TracedSite) -> AsyncIterator[Page]:
    """A tab that is signed in. No script may fail."""
    context = await running_browser.new_context(viewport={"width": 1280, "height": 900}, base_url=traced.url)
    context.set_default_timeout(PATIENCE_MS)
    troubles: list[str] = []
    context.on("weberror", lambda error: troubles.append(str(error.error)))
    page = await context.new_page()
    await sign_in_with_key(page, KEY)
    yield page
    await context.close()
    assert troubles == []


async def open_call(page: Page, site: TracedSite) -> None:
    await page.goto(f"/calls/{site.call_id}")
    await page.wait_for_selector("html[data-call-ready]")
    await page.wait_for_selector("[data-waterfall][data-ready]")


async def open_trace(page: Page, trace_id: str) -> None:
    await page.goto(f"/traces/{trace_id}")
    await page.wait_for_selector("html[data-trace-ready]")


async def test_spans_stand_under_the_waveform_on_its_axis(traced_page: Page, traced: TracedSite) -> None:
    await open_call(traced_page, traced)
    await expect(traced_page.get_by_text("laid on the recording by 29 of 29 moments")).to_be_visible()
    axis = await traced_page.locator("[data-canvas]").bounding_box()
    track = await traced_page.locator("[data-span-track]").bounding_box()
    assert axis is not None
    assert track is not None
    assert (axis["x"], axis["width"]) == (track["x"], track["width"])
    session = traced_page.get_by_role("option", name="agent_session")
    await expect(session).to_be_visible()
    strip = traced_page.locator("[data-waits] svg")
    await expect(strip.locator("path.fill-part-llm")).to_have_attribute("d", re.compile("^M[^M]+M"))
    whole = await strip.get_attribute("viewBox")
    assert whole is not None
    assert whole.startswith("0 0 ")


async def test_zooming_the_timeline_zooms_the_spans(traced_page: Page, traced: TracedSite) -> None:
    await open_call(traced_page, traced)
    names = traced_page.locator("[role=option]:not([hidden])")
    first = names.nth(1).locator(".span-bar")
    before = await first.bounding_box()
    strip = traced_page.locator("[data-waits] svg")
    await expect(strip).to_have_attribute("viewBox", re.compile("."))
    whole_ms = float(((await strip.get_attribute("viewBox")) or "").split()[2])
    await traced_page.get_by_role("button", name="Zoom in").click()
    await traced_page.wait_for_function(
        "before => document.querySelectorAll('[role=option]:not([hidden]) .span-bar')[1].offsetWidth > before * 1.5",
        arg=before["width"] if before else 0,
    )
    assert float(((await strip.get_attribute("viewBox")) or "").split()[2]) == whole_ms / 2


async def test_a_click_on_a_span_goes_there_and_shows_it_whole(traced_page: Page, traced: TracedSite) -> None:
    await open_call(traced_page, traced)
    third = traced_page.get_by_role("option", name="agent_speaking").nth(2)
    label = await third.get_attribute("aria-label")
    assert label is not None
    await third.click()
    detail = traced_page.get_by_role("region", name="Details of the chosen span")
    await expect(detail.get_by_text("agent_speaking", exact=True)).to_be_visible()
    await expect(detail).to_contain_text("livekit-agents")
    position = await traced_page.locator("[data-position]").text_content()
    assert f"at {position}" in label


async def test_spans_are_reached_by_keyboard(traced_page: Page, traced: TracedSite) -> None:
    await open_call(traced_page, traced)
    await traced_page.get_by_role("listbox", name="Spans").focus()
    await traced_page.keyboard.press("End")
    chosen = traced_page.locator("[role=option][aria-selected=true]")
    await expect(chosen).to_have_count(1)
    listbox = traced_page.get_by_role("listbox", name="Spans")
    await expect(listbox).to_have_attribute("aria-activedescendant", (await chosen.get_attribute("id")) or "none")
    setsize, place = await chosen.get_attribute("aria-setsize"), await chosen.get_attribute("aria-posinset")
    assert setsize == place
    await traced_page.keyboard.press("Enter")
    await expect(traced_page.locator("[data-position]")).not_to_have_text("0:00.0")


async def test_every_wait_is_a_row_of_a_table_and_leads_there(traced_page: Page, traced: TracedSite) -> None:
    await open_call(traced_page, traced)
    await traced_page.get_by_text("Each wait, split by part").click()
    table = traced_page.get_by_role("region", name="Each wait, split by part").get_by_role("table")
    await expect(table.locator("tbody tr")).to_have_count(5)
    assert await table.locator("thead th").all_text_contents() == [
        "Answer at",
        "Heard wait",
        "End of turn",
        "Transcription",
        "LLM",
        "Tools",
        "TTS",
        "Unexplained",
        "Reported",
        "Split",
    ]
    await table.get_by_role("link").first.click()
    await expect(traced_page.locator("[data-position]")).to_have_text("0:13.0")


async def test_a_call_without_traces_asks_for_none(traced_page: Page, traced: TracedSite) -> None:
    asked: list[str] = []
    traced_page.on("request", lambda request: asked.append(request.url))
    await traced_page.goto(f"/calls/{traced.bare_call_id}")
    await traced_page.wait_for_selector("html[data-call-ready]")
    assert await traced_page.locator("[data-waterfall]").count() == 0
    assert not [url for url in asked if "waterfall" in url]


async def test_a_trace_of_thirty_thousand_spans_has_rows_for_those_in_sight_alone(
    traced_page: Page, traced: TracedSite
) -> None:
    await open_trace(traced_page, traced.sized[MANY])
    rows = traced_page.locator("[role=option]")
    assert await rows.count() < MOST_ROWS
    await traced_page.locator("[data-span-list]").evaluate(f"list => {{ list.scrollTop = 15000 * {ROW_PX}; }}")
    await expect(traced_page.locator("[role=option][aria-posinset='15001']")).to_be_visible()
    assert await rows.count() < MOST_ROWS
    await traced_page.locator("[data-span-list]").focus()
    await traced_page.keyboard.press("End")
    await expect(traced_page.locator(f"[role=option][aria-posinset='{MANY}']")).to_be_visible()
    assert await traced_page.evaluate("document.querySelectorAll('*').length") < 1000


async def test_errors_are_gone_through_one_by_one(traced_page: Page, traced: TracedSite) -> None:
    await open_trace(traced_page, traced.trace_id)
    await traced_page.get_by_role("button", name="Next error").click()
    chosen = traced_page.locator("[role=option][aria-selected=true]")
    await expect(chosen).to_have_attribute("aria-label", "function_tool 225 ms, tool, at 0:34.6, error")
    await expect(traced_page.locator("[data-span-detail]")).to_contain_text("The ledger did not answer.")
    await traced_page.get_by_role("button", name="Next error").click()
    await expect(chosen).not_to_have_attribute("aria-label", "function_tool 225 ms, tool, at 0:34.6, error")


async def test_a_trace_is_linked_to_a_call_and_taken_off_again(traced_page: Page, traced: TracedSite) -> None:
    await open_trace(traced_page, traced.sized[MANY])
    await traced_page.get_by_label("Link to a call").fill("not a call")
    await traced_page.get_by_role("button", name="Link", exact=True).click()
    await expect(traced_page.get_by_text("A call is named by its id")).to_be_visible()
    await traced_page.get_by_label("Link to a call").fill(f"{traced.url}/calls/{traced.bare_call_id}#t=3")
    await traced_page.get_by_role("button", name="Link", exact=True).click()
    await expect(traced_page.get_by_role("link", name=str(traced.bare_call_id))).to_be_visible()
    await traced_page.get_by_role("button", name=f"Unlink call {traced.bare_call_id}").click()
    await expect(traced_page.get_by_text("No call was found for this trace.")).to_be_visible()


async def test_the_explorer_narrows(traced_page: Page, traced: TracedSite) -> None:
    await traced_page.goto("/traces")
    rows = traced_page.locator("tbody tr")
    await expect(rows).to_have_count(2)
    for view, first in (
        ("Slowest first", "agent_turn"),
        ("Without a call", "agent_turn"),
        ("With errors", "agent_session"),
    ):
        await traced_page.get_by_role("link", name=view).click()
        await expect(rows.first.get_by_role("rowheader")).to_have_text(first)
    await traced_page.get_by_role("link", name="All", exact=True).click()
    await traced_page.get_by_label("Attribute").fill("lk.function_tool.name")
    await traced_page.get_by_label("has the value").fill("look_up_invoice")
    await traced_page.get_by_role("button", name="Filter").click()
    await expect(rows).to_have_count(1)
    await expect(rows.get_by_role("link").first).to_have_attribute("href", f"/traces/{traced.trace_id}")
    await traced_page.get_by_label("has the value").fill("")
    await traced_page.get_by_role("button", name="Filter").click()
    await expect(traced_page.get_by_text("Name both an attribute and the value")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("place", ["call", "list", "trace"])
async def test_nobody_is_shut_out_of_traces(traced_page: Page, traced: TracedSite, place: str, scheme: str) -> None:
    await traced_page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two that parametrize names
    for width in (1280, 360):
        await traced_page.set_viewport_size({"width": width, "height": 900})
        if place == "list":
            await traced_page.goto("/traces")
        elif place == "call":
            await open_call(traced_page, traced)
        else:
            await open_trace(traced_page, traced.trace_id)
        if place != "list":
            await traced_page.locator("[data-span-list]").focus()
            await expect(traced_page.locator("[data-span-detail]")).to_be_visible()
        await traced_page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        assert await violations(traced_page) == []
        assert await traced_page.evaluate("document.documentElement.scrollWidth") <= width
