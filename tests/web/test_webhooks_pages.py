import re
from uuid import UUID

import httpx
import pytest

from callscope.core.webhook import WebhookEvent
from callscope.services import webhooks
from tests.support.pages import form_token_of, sign_in, text_of
from tests.web.conftest import Calls


async def post(browser: httpx.AsyncClient, path: str, **fields: str | list[str]) -> httpx.Response:
    token = form_token_of((await browser.get("/calls")).text)
    return await browser.post(path, data={"form_token": token, **fields})


async def test_a_webhook_is_made_and_its_secret_shown_once(browser: httpx.AsyncClient) -> None:
    made = await post(browser, "/settings/webhooks", url="https://example.com/hook", event=["CALL_ANALYSIS_FAILED"])
    assert "whsec_" in made.text
    listed = (await browser.get("/settings/webhooks")).text
    assert "whsec_" not in listed
    assert "https://example.com/hook call.analysis.failed" in text_of(listed)


@pytest.mark.parametrize("url", ["", "ftp://example.com", "https://user:secret@example.com/"])
async def test_an_address_that_is_never_called_says_why(browser: httpx.AsyncClient, url: str) -> None:
    answer = await post(browser, "/settings/webhooks", url=url)
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.text


async def test_deliveries_are_listed_tested_and_the_webhook_removed(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID
) -> None:
    async with calls.wiring.sessions.begin() as session:
        webhook = await webhooks.create_webhook(
            session,
            project_id,
            url="https://example.com/hook",
            events=(WebhookEvent.CALL_ANALYSIS_FAILED,),
            description=None,
            headers={},
        )
    path = f"/settings/webhooks/{webhook.id}"
    assert "Nothing was sent to it yet." in (await browser.get(path)).text
    assert (await post(browser, f"{path}/test")).headers["location"] == path
    page = (await browser.get(path)).text
    assert "Waiting" in text_of(page)
    assert not re.search(r"/replay", page)
    assert (await post(browser, f"{path}/remove")).headers["location"] == "/settings/webhooks"
    assert (await browser.get(path)).status_code == 404


async def test_only_admins_see_webhooks(visitor: httpx.AsyncClient, calls: Calls, project_id: UUID) -> None:
    await calls.add_key("only looks", permissions=frozenset({"call:read", "webhook:read"}))
    await sign_in(visitor, "only looks")
    assert (await visitor.get("/settings/webhooks")).status_code == 403
    assert (await post(visitor, "/settings/webhooks", url="https://example.com")).status_code == 403
    assert project_id
