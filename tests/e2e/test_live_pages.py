"""Pages of a running call in a real browser: they change by themselves, without asking again."""

from datetime import UTC, datetime
from uuid import UUID

from playwright.async_api import Page, expect

from callscope.core.integration import Integration
from callscope.integrations import pipecat, vapi
from callscope.services import calls, live_calls, traces
from callscope.traces.payload import MediaType
from tests.e2e.conftest import Site
from tests.e2e.test_every_page import violations
from tests.support.otlp import body, span
from tests.support.plugin_calls import ended, started
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


async def tell_plugin(site: Site, message: dict[str, object]) -> str:
    """Take a message of Pipecat's plug-in as the worker does, and return the call's id."""
    now = datetime.now(UTC)
    async with site.opened() as wiring, wiring.sessions.begin() as session:
        news = pipecat.news(message, now)
        call_id, _ = await live_calls.take(session, Integration.PIPECAT, site.project_id, news, now=now)
    return str(call_id)


async def send_span(site: Site, number: int, name: str, **attributes: str) -> None:
    """Take a span of the call's trace in as the API and the worker do."""
    now = datetime.now(UTC)
    content = body(
        span(number, name=name, at_ms=1000 * number, attributes=attributes),
        resource={"conversation.id": "pc-1"},
        scope="pipecat",
    )
    async with site.opened() as wiring:
        async with wiring.sessions.begin() as session:
            await traces.accept(
                session,
                project_id=site.project_id,
                media_type=MediaType.PROTOBUF,
                encoding="identity",
                body=content,
                now=now,
            )
        async with wiring.sessions.begin() as session:
            await traces.drain(session, max_count=10, max_bytes=10**6, max_inflated_bytes=10**6, now=now)
        async with wiring.sessions.begin() as session:
            await traces.match_traces(session, now=now)


async def test_words_of_a_plug_in_call_come_from_its_trace_until_the_transcript_is_there(
    page: Page, site: Site
) -> None:
    call_id = await tell_plugin(site, started())
    await page.goto(f"/calls/{call_id}")
    live = page.locator("[data-live]")
    await expect(live.get_by_text("0 turns, 0 tool calls")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    await send_span(site, 1, "stt", transcript="Where is my order?")
    await expect(live.get_by_text("Where is my order?")).to_be_visible()
    await expect(live.get_by_text("From the trace")).to_be_visible()
    await send_span(site, 2, "llm_tool_call", **{"tool.function_name": "look_up"})
    await send_span(site, 3, "tts", text="It is on its way.")
    await expect(live.get_by_text("2 turns, 1 tool call")).to_be_visible()
    await expect(live.get_by_text("It is on its way.")).to_be_visible()
    assert await violations(page) == []
    assert asked == []

    await tell_plugin(site, ended())
    await expect(live.get_by_text("From the trace")).to_have_count(0)
    await page.reload()
    await expect(page.get_by_text("On its way.")).to_be_visible()
    async with site.opened() as wiring, wiring.sessions.begin() as session:
        await calls.delete_call(session, site.project_id, UUID(call_id), now=datetime.now(UTC))
