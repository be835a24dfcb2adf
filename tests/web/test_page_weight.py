"""What a page makes a browser load, compressed: page, style and scripts; recordings are not counted."""

import gzip
import re
from uuid import UUID

import httpx
import pytest

from tests.support.built_calls import build_whole_call
from tests.web.conftest import Calls

MOST_BYTES = 250_000


@pytest.mark.parametrize("path", ["/calls", "/calls/{call_id}", "/overview", "/agents", "/settings/jobs", "/design"])
async def test_a_page_weighs_little(browser: httpx.AsyncClient, calls: Calls, project_id: UUID, path: str) -> None:
    call_id = await calls.add(build_whole_call(project_id=project_id))
    page = (await browser.get(path.format(call_id=call_id))).text
    parts = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    assert parts
    loaded = [page.encode(), *[(await browser.get(part)).content for part in parts]]
    assert sum(len(gzip.compress(content)) for content in loaded) < MOST_BYTES
