from collections.abc import AsyncIterator, Generator, Iterator

import pytest
import structlog
from hypothesis import settings
from procrastinate import App
from procrastinate.tasks import Task
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from callscope.boot.logging import render_exception
from callscope.storage.engine import SessionFactory, create_engine, session_factory
from tests.support.database import DatabaseServer, running_server
from tests.support.secret_words import secrets_in

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


def _take(task: Task) -> Task:
    return task


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test in whose logs a secret stands, whatever the test is about."""
    report = yield
    if call.when == "teardown" and (found := secrets_in("\n".join(content for _, content in report.sections))):
        report.outcome = "failed"
        report.longrepr = f"What was logged holds secrets, which begin with {found}."
    return report


@pytest.fixture(autouse=True)
def no_data_in_logged_errors() -> None:
    """Log errors as the service does: without the rows and requests that they stood among."""
    processors = [structlog.processors.add_log_level, render_exception, structlog.dev.ConsoleRenderer(colors=False)]
    structlog.configure(processors=processors)


@pytest.fixture(autouse=True)
def no_job_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep jobs that are due at certain minutes from running in whichever test stands there then."""
    monkeypatch.setattr(App, "periodic", lambda *_, **__: _take)


@pytest.fixture(scope="session")
def database_server() -> Iterator[DatabaseServer]:
    """The PostgreSQL server of this test process."""
    with running_server() as server:
        yield server


@pytest.fixture
def database_url(database_server: DatabaseServer) -> Iterator[str]:
    """A database of this test alone, migrated and empty."""
    url = database_server.clone()
    yield url
    database_server.drop(url)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture
def sessions(engine: AsyncEngine) -> SessionFactory:
    return session_factory(engine)


@pytest.fixture
async def session(sessions: SessionFactory) -> AsyncIterator[AsyncSession]:
    """A session whose transaction is rolled back unless the test commits it."""
    async with sessions() as session:
        yield session
