"""What the pages tell people to write into their agents, written into real ones."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.agents import run_agent
from tests.support.live_api import Live
from tests.support.provider_messages import retell_event, vapi_status

pytestmark = pytest.mark.slow

PAGES = Path(__file__).parents[2] / "docs" / "how-to"
CURL = re.compile(r'^curl https://callscope\.example(\S+) -H "(\S+): \$KEY" -d @', re.MULTILINE)


@pytest.mark.parametrize(("framework", "source"), [("pipecat", "PIPECAT"), ("livekit", "LIVEKIT")])
async def test_the_code_of_a_page_starts_a_call(server: str, live: Live, framework: str, source: str) -> None:
    page = PAGES / f"connect-{framework}.md"
    await run_agent("documented.py", framework, server, live.key.plain_key, str(page))
    await live.read()

    assert (await live.only_call())["status"] == "IN_PROGRESS"
    assert await live.column("SELECT source FROM call") == [source]
    assert await live.column("SELECT custom_id FROM agent") == ["desk-v3"]


@pytest.mark.parametrize(
    ("page", "message"), [("vapi", vapi_status("in-progress")), ("retell", retell_event("call_started"))]
)
async def test_the_request_of_a_page_starts_a_call(server: str, live: Live, page: str, message: dict[str, Any]) -> None:
    command = CURL.search((PAGES / f"connect-{page}.md").read_text())
    assert command is not None
    path, header = command.groups()
    # As curl sends what it reads with -d.
    headers = {header: live.key.plain_key, "content-type": "application/x-www-form-urlencoded"}
    async with httpx.AsyncClient(base_url=server, headers=headers) as sender:
        answer = await sender.post(path, content=json.dumps(message))
    assert answer.status_code == httpx.codes.OK, answer.text
    await live.read()

    assert (await live.only_call())["status"] == "IN_PROGRESS"
