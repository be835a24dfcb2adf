import asyncio
import io
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from callscope.boot.settings import Settings
from callscope.boot.wiring import Wiring, open_wiring
from callscope.core.analysis import AnalysisStatus
from callscope.core.page import PageRequest
from callscope.services import agent_catalogue
from callscope.services.keys import create_key
from tests.support.browser import chromium, find_chromium, sign_in_with_key
from tests.support.built_calls import (
    SAMPLE_RATE_HZ,
    SCRIPT,
    Line,
    build_analysis,
    build_call,
    build_peaks,
    build_samples,
    build_tool,
    build_whole_call,
)
from tests.support.database import DatabaseServer
from tests.support.live_server import serving_service
from tests.support.stored_calls import store

KEY = "rk_live_of_the_browser"
PATIENCE_MS = 30_000
"""What a page may take on a machine that does much else; how fast it is, is measured in `bench/`."""
expect.set_options(timeout=PATIENCE_MS)
HERE = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", help="folder to write the docs' pictures of the pages to")


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
    database_url: str
    data_dir: Path
    project_id: UUID
    call_id: UUID
    long_call_id: UUID
    failed_call_id: UUID
    agent_id: UUID

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Wiring]:
        """Yield the site's parts to a test that changes something behind the pages' back."""
        async with open_wiring(Settings(data_dir=self.data_dir), self.database_url) as wiring:
            yield wiring


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, database_server: DatabaseServer) -> Iterator[Site]:
    data_dir, database_url = tmp_path_factory.mktemp("site"), database_server.clone()
    settings = Settings(data_dir=data_dir)
    ids = asyncio.run(fill(settings, database_url))
    with serving_service(settings, database_url) as url:
        yield Site(url, database_url, data_dir, *ids)


async def fill(settings: Settings, database_url: str) -> tuple[UUID, UUID, UUID, UUID, UUID]:
    """Make the keys and calls of the site; return the ids of the project, its calls and its agent."""
    async with open_wiring(settings, database_url) as wiring:
        async with wiring.sessions.begin() as session:
            project_id = (await create_key(session, project_name="default", name="e2e", plain_key=KEY)).project_id
            await create_key(session, project_name="another", name="e2e", plain_key="empty")
        silent_tool = build_tool("send_message", result="", start_offset_ms=35_400, end_offset_ms=None)
        tools = (build_tool(), silent_tool)
        call_id = await add_call(wiring, project_id, SCRIPT, title="Charged twice", tools=tools)
        long_script = tuple(
            Line(line.role, line.start_ms + minute * 60_000, line.end_ms + minute * 60_000, line.text, line.kind)
            for minute in range(20)
            for line in SCRIPT
        )
        long_call_id = await add_call(wiring, project_id, long_script, title="A long one", hours_ago=1)
        failed_call_id = await add_failed_call(wiring, project_id)
        async with wiring.reads() as session:
            agents = await agent_catalogue.list_agents(session, project_id, PageRequest(), search_text=None)
        return project_id, call_id, long_call_id, failed_call_id, agents.items[0].id


async def add_call(
    wiring: Wiring, project_id: UUID, script: tuple[Line, ...], *, title: str, hours_ago: int = 0, **changes: Any
) -> UUID:
    """Add an analysed call with sound."""
    duration_ms = max(line.end_ms for line in script) + 1000
    call = build_call(
        project_id=project_id,
        duration_ms=duration_ms,
        title=title,
        external_id=None,
        started_at=ago(hours_ago),
    )
    samples = build_samples(script, duration_ms)
    return await store(
        wiring.sessions,
        wiring.objects,
        build_whole_call(project_id=project_id, script=script, call=call, **changes),
        sound=wave_file(samples),
        peaks=build_peaks(samples),
    )


def ago(hours: int) -> datetime:
    """Return when a call was that overviews of the last day show."""
    return datetime.now(UTC) - timedelta(hours=hours + 1)


def wave_file(samples: npt.NDArray[np.int16]) -> bytes:
    """Return two channels of samples as a WAV file."""
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(samples.tobytes())
    return written.getvalue()


async def add_failed_call(wiring: Wiring, project_id: UUID) -> UUID:
    """Add a call whose recording could not be fetched."""
    call = build_call(project_id=project_id, duration_ms=None, external_id=None, started_at=ago(2))
    analysis = build_analysis(call, AnalysisStatus.FAILED, reason="The server answered 404 Not Found.")
    record = build_whole_call(project_id=project_id, call=call, analysis=analysis, recording=None, has_audio=False)
    return await store(wiring.sessions, wiring.objects, record)


@pytest.fixture
async def running_browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def context(running_browser: Browser, site: Site) -> AsyncIterator[BrowserContext]:
    """A browser window. Whatever a test does, no script may fail and nothing may be asked of another host."""
    context = await running_browser.new_context(viewport={"width": 1280, "height": 900}, base_url=site.url)
    context.set_default_timeout(PATIENCE_MS)
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
    await sign_in_with_key(page, KEY)
    return page
