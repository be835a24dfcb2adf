"""Pages of a running call in a real browser: they change by themselves, without asking again."""

from datetime import UTC, datetime
from uuid import UUID

from playwright.async_api import Page, expect

from callscope.core.integration import Integration
from callscope.integrations import vapi
from callscope.services import calls, live_calls
from tests.e2e.conftest import Site
from tests.support.provider_messages import vapi_report, vapi_status, vapi_update

NO_RECORDING = {"artifact": {"messages": vapi_report()["message"]["artifact"]["messages"]}}


async def tell(site: Site, message: dict[str, object]) -> str:
    """Take a message as the worker does, and return the call's id."""
    now = datetime.now(UTC)
    news = vapi.news(message, now)
    assert news is not None
    async with site.opened() as wiring, wiring.sessions.begin() as session:
        call_id, _ = await live_calls.take(session, Integration.VAPI, site.project_id, news, now=now)
    return str(call_id)


async def test_a_call_is_watched_from_its_start_to_its_end(page: Page, site: Site) -> None:
    await page.goto("/calls")
    await expect(page.get_by_text("Under way now")).to_have_count(0)

    call_id = await tell(site, vapi_status("in-progress"))
    await expect(page.get_by_text("Under way now")).to_be_visible()

    await page.goto(f"/calls/{call_id}")
    live = page.locator("[data-live]")
    await expect(live.get_by_text("0 turns")).to_be_visible()
    elapsed = await live.locator("[data-elapsed]").inner_text()
    assert ":" in elapsed
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    await tell(site, vapi_update(3))
    await expect(live.get_by_text("Where is my order?")).to_be_visible()
    await expect(live.get_by_text("2 turns, 0 tool calls")).to_be_visible()
    await tell(site, vapi_update(5))
    await expect(live.get_by_text("2 turns, 1 tool call")).to_be_visible()
    assert asked == []

    await tell(site, vapi_report(**NO_RECORDING))
    await expect(live.get_by_text("Queued")).to_be_visible()
    assert asked == []
    async with site.opened() as wiring, wiring.sessions.begin() as session:
        await calls.delete_call(session, site.project_id, UUID(call_id), now=datetime.now(UTC))
