import re
from pathlib import Path

import httpx

from tests.support.pages import text_of

STYLES = Path(__file__).parents[2] / "frontend" / "styles"
TOKEN = re.compile(r"^  --([a-z-]+): light-dark\(", re.MULTILINE)


async def test_the_design_page_shows_every_colour(browser: httpx.AsyncClient) -> None:
    page = text_of((await browser.get("/design")).text)
    colours = set(TOKEN.findall((STYLES / "tokens.css").read_text())) - {"playhead"}
    assert colours
    assert {colour for colour in colours if f" {colour} " not in f" {page} "} == set()


def test_every_colour_can_fill_a_drawing() -> None:
    colours = set(TOKEN.findall((STYLES / "tokens.css").read_text())) - {"playhead"}
    fills = set(re.findall(r"\.fill-([a-z-]+) \{ fill: var\(--\1\); \}", (STYLES / "fills.css").read_text()))
    assert fills == colours


async def test_the_bar_names_the_pages_and_marks_the_current_one(browser: httpx.AsyncClient) -> None:
    assert '<a href="/calls" aria-current="page">Calls</a>' in (await browser.get("/calls")).text
    assert '<a href="/calls">Calls</a>' in (await browser.get("/design")).text
