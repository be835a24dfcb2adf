from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from callscope.core.ids import new_id
from callscope.web.pages import Pages
from callscope.web.router import install_pages
from callscope.web.sessions import SessionSigner
from tests.support.memory_reader import MemoryReader
from tests.support.pages import sign_in

KEY = "rk_live_of_the_test_project"


@dataclass
class SettableClock:
    """A clock that stands where a test puts it."""

    moment: datetime = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def reader() -> MemoryReader:
    return MemoryReader()


@pytest.fixture
def project_id(reader: MemoryReader) -> UUID:
    project_id = new_id()
    reader.add_key(KEY, project_id=project_id)
    return project_id


@pytest.fixture
async def visitor(reader: MemoryReader, clock: SettableClock) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without a session."""
    app = FastAPI()
    install_pages(app, Pages(reader=reader, signer=SessionSigner(b"a secret"), clock=clock))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://callscope.test") as client:
        yield client


@pytest.fixture
async def browser(visitor: httpx.AsyncClient, project_id: UUID) -> httpx.AsyncClient:  # noqa: ARG001 - makes the key
    """A browser that is signed in to the test project."""
    answer = await sign_in(visitor, KEY)
    assert answer.status_code == 303
    return visitor
