"""The pictures of the docs: `pytest tests/e2e/test_pictures.py --pictures docs/images/pages` takes them anew."""

from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.e2e.conftest import Site
from tests.e2e.test_every_page import visit

SMALLEST_BYTES = 20_000
"""Less would be a page without anything on it."""


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where pictures go: to the docs when asked for."""
    chosen = request.config.getoption("--pictures", default=None)
    found = tmp_path if chosen is None else Path(chosen)
    found.mkdir(parents=True, exist_ok=True)
    return found


async def test_every_page_of_the_docs_has_its_picture(page: Page, site: Site, folder: Path) -> None:
    pages = {
        "calls": "/calls",
        "call": f"/calls/{site.call_id}#t=29",
        "overview": "/overview?period=week",
        "agent": f"/agents/{site.agent_id}?period=week",
        "metric": "/metrics/response_time",
        "new-metric": f"/metrics/new?kind=THRESHOLD&source=response_time&call={site.call_id}",
    }
    await page.emulate_media(color_scheme="light", reduced_motion="reduce")
    await page.set_viewport_size({"width": 1280, "height": 860})
    for name, address in pages.items():
        await visit(page, address)
        await page.wait_for_load_state("networkidle")
        picture = await page.screenshot(path=folder / f"{name}.png")
        assert len(picture) > SMALLEST_BYTES, name
    how_to = Path(__file__).parents[2] / "docs" / "how-to"
    used = "".join((how_to / page).read_text() for page in ("find-the-bad-call.md", "own-metrics.md"))
    assert all(f"../images/pages/{name}.png" in used for name in pages)
