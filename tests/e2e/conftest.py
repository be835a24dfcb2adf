import wave
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.responses import FileResponse
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from callscope.core.analysis import AnalysisStatus
from callscope.core.clock import SystemClock
from callscope.core.ids import new_id
from callscope.web.pages import Pages
from callscope.web.router import install_pages
from callscope.web.sessions import SessionSigner
from tests.support.browser import chromium, find_chromium
from tests.support.built_calls import (
    SAMPLE_RATE_HZ,
    SCRIPT,
    STARTED_AT,
    Line,
    build_analysis,
    build_call,
    build_peaks,
    build_samples,
    build_tool,
    build_whole_call,
)
from tests.support.live_server import serving
from tests.support.memory_reader import MemoryReader

KEY = "rk_live_of_the_browser"
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    skip = pytest.mark.skip(reason="no chromium is installed; on Debian: apt-get install chromium")
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            if find_chromium() is None:
                item.add_marker(skip)


@dataclass(frozen=True)
class Site:
    """A running site with calls to look at."""

    url: str
    reader: MemoryReader
    project_id: UUID
    call_id: UUID
    long_call_id: UUID
    failed_call_id: UUID


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    reader, project_id = MemoryReader(), new_id()
    reader.add_key(KEY, project_id=project_id)
    reader.add_key("empty", project_id=new_id())
    folder = tmp_path_factory.mktemp("recordings")
    app = FastAPI()
    install_pages(app, Pages(reader=reader, signer=SessionSigner(b"a secret"), clock=SystemClock()))

    @app.get("/recordings/{name}")
    async def play(name: str) -> FileResponse:
        return FileResponse(folder / name)

    silent_tool = build_tool("send_message", result="", start_offset_ms=35_400, end_offset_ms=None)
    call_id = add_call(reader, folder, project_id, SCRIPT, title="Charged twice", tools=(build_tool(), silent_tool))
    long_script = tuple(
        Line(line.role, line.start_ms + minute * 60_000, line.end_ms + minute * 60_000, line.text, line.kind)
        for minute in range(20)
        for line in SCRIPT
    )
    long_call_id = add_call(reader, folder, project_id, long_script, title="A long one", hours_ago=1)
    failed_call_id = add_failed_call(reader, project_id)
    with serving(app) as url:
        yield Site(url, reader, project_id, call_id, long_call_id, failed_call_id)


def add_call(
    reader: MemoryReader,
    folder: Path,
    project_id: UUID,
    script: tuple[Line, ...],
    *,
    hours_ago: int = 0,
    **changes: object,
) -> UUID:
    """Add an analysed call with sound."""
    duration_ms = max(line.end_ms for line in script) + 1000
    started_at = STARTED_AT - timedelta(hours=hours_ago)
    call = build_call(project_id=project_id, duration_ms=duration_ms, title=changes.pop("title"), started_at=started_at)
    reader.add(build_whole_call(project_id=project_id, script=script, call=call, **changes))
    samples = build_samples(script, duration_ms)
    with wave.open(str(folder / f"{call.id}.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(samples.tobytes())
    reader.peaks[call.id] = build_peaks(samples)
    reader.addresses[call.id] = f"/recordings/{call.id}.wav"
    return call.id


def add_failed_call(reader: MemoryReader, project_id: UUID) -> UUID:
    """Add a call whose recording could not be fetched."""
    call = build_call(project_id=project_id, duration_ms=None, started_at=STARTED_AT - timedelta(hours=2))
    analysis = build_analysis(call, AnalysisStatus.FAILED, reason="The server answered 404 Not Found.")
    return reader.add(
        build_whole_call(project_id=project_id, call=call, analysis=analysis, recording=None, has_audio=False)
    )


@pytest.fixture
async def running_browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def context(running_browser: Browser, site: Site) -> AsyncIterator[BrowserContext]:
    """A browser window. Whatever a test does, no script may fail and nothing may be asked of another host."""
    context = await running_browser.new_context(viewport={"width": 1280, "height": 900}, base_url=site.url)
    context.set_default_timeout(10_000)
    troubles: list[str] = []

    def note_message(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            troubles.append(f"console: {message.text} at {message.location}")

    def note_request(request: Request) -> None:
        if not request.url.startswith((site.url, "blob:", "data:")):
            troubles.append(f"request: {request.url}")

    context.on("console", note_message)
    context.on("weberror", lambda error: troubles.append(f"script: {error.error}"))
    context.on("request", note_request)
    yield context
    await context.close()
    assert troubles == []


@pytest.fixture
async def page(context: BrowserContext) -> Page:
    """A tab that is signed in."""
    page = await context.new_page()
    await page.goto("/sign-in")
    await page.get_by_label("API key").fill(KEY)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/calls")
    return page
