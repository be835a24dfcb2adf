from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from callscope.boot.app import build_pages
from callscope.boot.settings import Settings
from callscope.boot.wiring import Wiring, open_wiring
from callscope.core.analysis import Analysis
from callscope.core.ids import new_id
from callscope.core.recording import Peaks
from callscope.services.keys import create_key
from callscope.web.router import install_pages
from tests.support.built_calls import BuiltCall
from tests.support.pages import sign_in
from tests.support.stored_calls import store, store_analysis

KEY = "rk_live_of_the_test_project"


@dataclass
class SettableClock:
    """A clock that stands where a test puts it."""

    moment: datetime = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


@dataclass(frozen=True)
class Calls:
    """Built calls in the database of the pages."""

    wiring: Wiring

    async def add(self, record: BuiltCall, *, peaks: Peaks | None = None) -> UUID:
        return await store(self.wiring.sessions, self.wiring.objects, record, peaks=peaks)

    async def set_analysis(self, call_id: UUID, analysis: Analysis) -> None:
        await store_analysis(self.wiring.sessions, call_id, analysis)

    async def add_key(
        self, plain_key: str, *, project: str = "default", permissions: frozenset[str] | None = None
    ) -> UUID:
        """Make a key and return its project."""
        async with self.wiring.sessions.begin() as session:
            names = None if permissions is None else sorted(permissions)
            key = await create_key(
                session, project_name=project, name=str(new_id()), plain_key=plain_key, permissions=names
            )
        return key.project_id


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
async def wiring(database_url: str, tmp_path: Path, clock: SettableClock) -> AsyncIterator[Wiring]:
    async with open_wiring(Settings(data_dir=tmp_path), database_url) as wiring:
        yield replace(wiring, clock=clock)


@pytest.fixture
def calls(wiring: Wiring) -> Calls:
    return Calls(wiring)


@pytest.fixture
async def project_id(calls: Calls) -> UUID:
    return await calls.add_key(KEY)


@pytest.fixture
async def visitor(wiring: Wiring) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without a session."""
    app = FastAPI()
    install_pages(app, build_pages(wiring))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://callscope.test") as client:
        yield client


@pytest.fixture
async def browser(visitor: httpx.AsyncClient, project_id: UUID) -> httpx.AsyncClient:  # noqa: ARG001 - makes the key
    """A browser that is signed in to the test project."""
    answer = await sign_in(visitor, KEY)
    assert answer.status_code == 303
    return visitor
