import dataclasses
from collections.abc import AsyncIterator

from playwright.async_api import BrowserContext, Locator, Page, Request, expect

from callscope.core.analysis import AnalysisStatus
from callscope.services import calls
from tests.e2e.conftest import Site
from tests.support.built_calls import build_analysis, build_call, build_whole_call
from tests.support.stored_calls import FLAT_PEAKS, finish, store

READY = "html[data-call-ready]"
POSITION_S = "document.querySelector('[data-audio]').currentTime"
NOTE_HIGHLIGHTS = """() => new MutationObserver((changes) => {
  const position = document.querySelector("[data-audio]").currentTime;
  for (const { target } of changes)
    if (target.hasAttribute("aria-current")) noteHighlight(position, Number(target.dataset.entryMs) / 1000);
}).observe(document.querySelector("[data-transcript]"), { attributeFilter: ["aria-current"], subtree: true })"""
READ_COLOURS = """async () => {
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  const canvas = document.querySelector("[data-canvas]");
  const { width, height } = canvas;
  const pixels = canvas.getContext("2d").getImageData(0, 0, width, height).data;
  const at = (ms, y) => {
    const first = 4 * (Math.round(y * width / canvas.clientWidth) * width + Math.round(ms / 47000 * width));
    return [...pixels.slice(first, first + 3)];
  };
  const probe = document.body.appendChild(document.createElement("span"));
  const token = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color.match(/\\d+/g).map(Number);
  };
  const [ruler, lane, responses] = [20, 56, 46];
  const gaps = ruler + 2 * lane + responses - 6;
  return {
    severe: [at(19500, gaps), token("gap-severe")],
    slow: [at(26300, gaps), token("gap-slow")],
    customer: [at(7000, ruler + lane / 2), token("customer")],
    tool: [at(20700, ruler + 2 * lane + responses + 6), token("tool-soft")],
  };
}"""


async def open_call(page: Page, site: Site, moment: str = "") -> None:
    await page.goto(f"/calls/{site.call_id}{moment}")
    await page.wait_for_selector(READY)
    await page.wait_for_function("document.querySelector('[data-audio]').readyState > 0")


async def position_s(page: Page) -> float:
    return float(await page.evaluate(POSITION_S))


async def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until that element has the focus."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        if await wanted.evaluate("wanted => wanted === document.activeElement"):
            return
    raise AssertionError(f"{wanted} cannot be reached by Tab")


async def test_by_keyboard_alone_from_sign_in_to_the_moment(context: BrowserContext, site: Site) -> None:
    page = await context.new_page()
    await page.goto("/calls")
    await tab_to(page, page.locator("summary"))
    await page.keyboard.press("Enter")
    await tab_to(page, page.get_by_label("API key"))
    await page.keyboard.type("rk_live_of_the_browser")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/calls")
    await tab_to(page, page.locator(f'a[href="/calls/{site.call_id}"]'))
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/calls/{site.call_id}")
    await page.wait_for_selector(READY)
    await page.keyboard.press("n")
    await expect(page.locator("[data-announce]")).to_have_text("Response of 3.40 s at 0:18.0.")
    await page.keyboard.press("Space")
    await expect(page.get_by_role("button", name="Pause")).to_be_visible()
    await page.keyboard.press("Space")
    await expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


async def test_the_transcript_follows_playback(page: Page, site: Site) -> None:
    await open_call(page, site, "#t=8")
    await page.get_by_label("Speed").select_option("3")
    seen: list[list[float]] = []
    await page.expose_function("noteHighlight", lambda at, entry: seen.append([at, entry]))
    # The entry under the linked moment is highlighted before anything plays.
    await page.wait_for_selector("[data-entry-ms][aria-current]")
    await page.evaluate(NOTE_HIGHLIGHTS)
    await page.keyboard.press("Space")
    await page.wait_for_selector('[data-entry-ms="15500"][aria-current]')
    await page.keyboard.press("Space")
    entries = [entry for _, entry in seen]
    assert entries == [10.1, 12.0, 15.5]
    assert all(0 <= at - entry < 0.5 for at, entry in seen), seen
    assert await page.locator("[aria-current=true].entry").count() == 1


async def test_a_click_on_words_on_evidence_or_on_the_axis_seeks(page: Page, site: Site) -> None:
    await open_call(page, site)
    await page.get_by_text("It is four four one two.").click()
    assert abs(await position_s(page) - 15.5) < 0.1
    await page.get_by_role("region", name="Interruptions").get_by_role("link").first.click()
    assert abs(await position_s(page) - 27.0) < 0.1
    assert page.url.endswith("#t=27.0")
    axis = page.get_by_role("slider")
    box = await axis.bounding_box()
    assert box
    await axis.click(position={"x": box["width"] / 2, "y": 60})
    assert abs(await position_s(page) - 23.5) < 0.2
    await expect(axis).to_have_attribute("aria-valuetext", "0:23.5 · agent speaks")
    await expect(page.locator(".entry[aria-current]")).to_contain_text("You were charged twice")


async def test_n_and_p_walk_the_slow_responses_of_the_chosen_size(page: Page, site: Site) -> None:
    await open_call(page, site)
    await expect(page.locator("[data-slow-count]")).to_have_text("3 slow")
    stops = []
    for key in ("n", "n", "n", "n", "p", "p", "p"):
        await page.keyboard.press(key)
        stops.append(round(await position_s(page), 1))
    assert stops == [16.5, 23.7, 39.5, 39.5, 23.7, 16.5, 16.5]
    await expect(page.locator("[data-announce]")).to_have_text("No earlier response of 1.50 s or more.")
    await page.get_by_label("from").select_option("3000")
    await expect(page.locator("[data-slow-count]")).to_have_text("1 slow")
    await page.reload()
    await expect(page.locator("[data-slow-count]")).to_have_text("1 slow")


async def test_arrows_seek_and_a_link_leads_to_its_moment(page: Page, site: Site) -> None:
    await open_call(page, site, "#t=20")
    assert abs(await position_s(page) - 20) < 0.1
    stops = []
    for key in ("ArrowRight", "Shift+ArrowRight", "ArrowLeft", "Shift+ArrowLeft"):
        await page.keyboard.press(key)
        stops.append(round(await position_s(page)))
    assert stops == [25, 47, 42, 12]
    await page.get_by_role("slider").press("Home")
    assert await position_s(page) == 0
    await page.evaluate("location.hash = '#t=31.5'")
    await page.wait_for_function(f"Math.abs({POSITION_S} - 31.5) < 0.1")


async def test_the_last_words_come_into_sight_too(page: Page, site: Site) -> None:
    await open_call(page, site, "#t=44")
    await expect(page.locator(".entry[aria-current]")).to_contain_text("You are welcome.")
    await expect(page.locator(".entry[aria-current]")).to_be_in_viewport()


async def test_the_help_sheet_opens_and_shortcuts_can_be_switched_off(page: Page, site: Site) -> None:
    await open_call(page, site)
    await page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys of this page")
    await expect(sheet).to_be_visible()
    await sheet.get_by_label("Single-key shortcuts are on").uncheck()
    await page.keyboard.press("Escape")
    await expect(sheet).to_be_hidden()
    await page.keyboard.press("n")
    assert await position_s(page) == 0
    await page.get_by_role("button", name="Next slow response").click()
    assert round(await position_s(page), 1) == 16.5


async def test_zooming_fetches_finer_peaks_of_what_is_on_screen(page: Page, site: Site) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/peaks?" in request.url:
            asked.append(request.url)

    page.on("request", note)
    await page.goto(f"/calls/{site.long_call_id}#t=600")
    await page.wait_for_selector(READY)
    assert len(asked) == 1
    async with page.expect_response("**/peaks?**") as answer:
        for _ in range(6):
            await page.keyboard.press("+")
    assert len(await (await answer.value).body()) < 2 * 2 * 4000 + 100
    assert len(asked) == 2
    await page.keyboard.press("0")
    await expect(page.locator("canvas[data-canvas]")).not_to_have_attribute("data-zoomed", "")


async def test_what_is_drawn_stands_where_it_happened(page: Page, site: Site) -> None:
    await open_call(page, site)
    colours = await page.evaluate(READ_COLOURS)
    for name, (drawn, expected) in colours.items():
        assert drawn == expected, name


async def test_what_is_drawn_follows_a_window_that_grows(page: Page, site: Site) -> None:
    await page.set_viewport_size({"width": 360, "height": 900})
    await open_call(page, site)
    await page.set_viewport_size({"width": 1280, "height": 900})
    await page.wait_for_function("document.querySelector('[data-canvas]').width > 900")
    colours = await page.evaluate(READ_COLOURS)
    for name, (drawn, expected) in colours.items():
        assert drawn == expected, name


async def test_one_party_can_be_heard_alone_and_faster(page: Page, site: Site) -> None:
    await open_call(page, site)
    for shown in ("0", "1", "both"):
        await page.keyboard.press("s")
        assert await page.get_by_label("Hear").input_value() == shown
    await page.keyboard.press(">")
    await page.keyboard.press(">")
    assert await page.get_by_label("Speed").input_value() == "1.5"
    assert await page.evaluate("document.querySelector('[data-audio]').playbackRate") == 1.5


async def test_a_long_transcript_is_there_where_one_seeks(page: Page, site: Site) -> None:
    await page.goto(f"/calls/{site.long_call_id}")
    await page.wait_for_selector(READY)
    assert await page.locator(".entry").count() < 200
    await page.goto(f"/calls/{site.long_call_id}#t=1103")
    await expect(page.locator(".entry[aria-current]")).to_have_attribute("data-entry-ms", str(18 * 60_000 + 21_400))
    await expect(page.locator(".entry[aria-current]")).to_be_in_viewport()


async def test_the_page_renews_itself_when_the_analysis_ends(page: Page, site: Site) -> None:
    call = build_call(project_id=site.project_id, title="Under way", external_id=None)
    done = build_whole_call(project_id=site.project_id, call=call)
    running = build_analysis(call, AnalysisStatus.RUNNING)
    async with site.opened() as wiring:
        begun = dataclasses.replace(done, analysis=running, recording=None, conversation=None, values=())
        call_id = await store(wiring.sessions, wiring.objects, begun)
        await page.goto(f"/calls/{call_id}")
        await expect(page.locator("#analysis")).to_contain_text("Now fetching the recording.")
        await finish(wiring.sessions, wiring.objects, done, call_id, sound=no_sound(), peaks=FLAT_PEAKS)
        await expect(page.locator("#analysis")).to_contain_text("Everything was measured.")
        await expect(page.get_by_text("Agent response p95")).to_be_visible()
        # A page that still plays would ask for a recording that is gone.
        await page.goto("/design")
        async with wiring.sessions.begin() as session:
            await calls.delete_call(session, site.project_id, call_id, now=wiring.clock.now())


async def no_sound() -> AsyncIterator[bytes]:
    """A recording that no browser can play."""
    yield b"RIFF"


async def test_the_theme_is_chosen_and_remembered(page: Page, site: Site) -> None:
    await open_call(page, site)
    before = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    button = page.get_by_role("button", name="Theme")
    await button.click()
    await button.click()
    await expect(button).to_have_text("Theme: dark")
    await page.reload()
    await expect(button).to_have_text("Theme: dark")
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") != before


async def test_words_can_be_selected_without_seeking(page: Page, site: Site) -> None:
    await open_call(page, site)
    words = page.locator(".entry p").nth(2)
    box = await words.bounding_box()
    assert box
    await page.mouse.move(box["x"] + 2, box["y"] + 8)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 120, box["y"] + 8)
    await page.mouse.up()
    assert await page.evaluate("String(getSelection()).length") > 3
    assert await position_s(page) == 0
