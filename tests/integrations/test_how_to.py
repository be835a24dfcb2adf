"""What the pages tell people to write into their agents, written into real ones."""

import hashlib
import hmac
import json
import re
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.agents import run_agent
from tests.support.live_api import Live
from tests.support.provider_messages import retell_event, vapi_status

pytestmark = pytest.mark.slow

PAGES = Path(__file__).parents[2] / "docs" / "how-to"
CURL = re.compile(
    r'^curl https://callscope\.example(\S+) -H "(\S+): \$KEY"(?: -H "(\S+): \$SIGNATURE")? (\S+) @', re.MULTILINE
)


@pytest.mark.parametrize(("framework", "source"), [("pipecat", "PIPECAT"), ("livekit", "LIVEKIT")])
async def test_the_code_of_a_page_starts_a_call(server: str, live: Live, framework: str, source: str) -> None:
    page = PAGES / f"connect-{framework}.md"
    await run_agent("documented.py", framework, server, live.key.plain_key, str(page))
    await live.read()

    assert (await live.only_call())["status"] == "IN_PROGRESS"
    assert await live.column("SELECT source FROM call") == [source]
    assert await live.column("SELECT custom_id FROM agent") == ["desk-v3"]


async def curl(server: str, page: str, key: str, content: bytes, *, signature: str) -> httpx.Response:
    """Send a file as the command of a page does."""
    command = CURL.search((PAGES / f"connect-{page}.md").read_text())
    assert command is not None
    path, key_header, signature_header, flag = command.groups()
    if flag == "-d":
        content = content.replace(b"\n", b"").replace(b"\r", b"")
    headers = {key_header: key, "content-type": "application/x-www-form-urlencoded"}
    if signature_header:
        headers[signature_header] = signature
    async with httpx.AsyncClient(base_url=server, headers=headers) as sender:
        return await sender.post(path, content=content)


@pytest.mark.parametrize(
    ("page", "message"), [("vapi", vapi_status("in-progress")), ("retell", retell_event("call_started"))]
)
async def test_the_request_of_a_page_starts_a_call(server: str, live: Live, page: str, message: dict[str, Any]) -> None:
    answer = await curl(server, page, live.key.plain_key, json.dumps(message).encode(), signature="")
    assert answer.status_code == httpx.codes.OK, answer.text
    await live.read()

    assert (await live.only_call())["status"] == "IN_PROGRESS"


@pytest.mark.parametrize("retell_secret", ["retell-key"])
async def test_a_webhook_that_retell_signed_is_taken_as_the_page_passes_it_on(server: str, live: Live) -> None:
    webhook = json.dumps(retell_event("call_started"), indent=2).encode() + b"\n"
    unix_ms = str(time.time_ns() // 1_000_000)
    digest = hmac.new(b"retell-key", webhook + unix_ms.encode(), hashlib.sha256).hexdigest()
    for signature, status in (("", 401), (f"v={unix_ms},d={'0' * 64}", 401), (f"v={unix_ms},d={digest}", 200)):
        answer = await curl(server, "retell", live.key.plain_key, webhook, signature=signature)
        assert answer.status_code == status, answer.text
    await live.read()

    assert (await live.only_call())["status"] == "IN_PROGRESS"
