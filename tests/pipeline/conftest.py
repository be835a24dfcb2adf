from collections.abc import AsyncIterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from procrastinate import App
from sqlalchemy import text

from callscope.core.analysis import Analysis
from callscope.core.call import Call
from callscope.core.clock import SystemClock
from callscope.outbound.client import FetchLimits, OutboundClient
from callscope.pipeline.app import create_app
from callscope.pipeline.context import PipelineContext
from callscope.pipeline.retries import RetrySchedule, RetrySchedules
from callscope.services import analyses
from callscope.storage.engine import SessionFactory
from callscope.storage.objects import Objects
from tests.support.judge_server import JudgeServer
from tests.support.recording_server import RecordingServer, running_recording_server

AT_ONCE = {"first_s": 0.0, "growth": 1.0, "longest_s": 0.0}


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """The jobs on the test's database, run in this process."""

    context: PipelineContext
    app: App

    @property
    def sessions(self) -> SessionFactory:
        return self.context.sessions

    async def run(self) -> None:
        """Run every job that is due, and those they queue, until none is."""
        await self.app.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)

    async def analysis(self, call: Call) -> Analysis:
        async with self.sessions() as session:
            return await analyses.latest(session, call.project_id, call.id)

    async def job_statuses(self) -> list[str]:
        async with self.sessions() as session:
            rows = await session.execute(text("SELECT status::text FROM procrastinate_jobs ORDER BY id"))
            return list(rows.scalars())


@pytest.fixture
async def server() -> AsyncIterator[RecordingServer]:
    async with running_recording_server() as running:
        yield running


@pytest.fixture
def judge(server: RecordingServer) -> JudgeServer:
    return JudgeServer(server)


@pytest.fixture
async def context(sessions: SessionFactory, tmp_path: Path) -> AsyncIterator[PipelineContext]:
    """A context that may fetch from loopback and tries again at once."""
    outbound = OutboundClient(
        allowed_networks=(IPv4Network("127.0.0.0/8"),), limits=FetchLimits(idle_s=20.0, head_s=30.0)
    )
    yield PipelineContext(
        sessions=sessions,
        objects=Objects.open(None, default_dir=tmp_path / "objects"),
        outbound=outbound,
        clock=SystemClock(),
        max_recording_bytes=10**7,
        fetch_timeout_s=10.0,
        measure_memory_bytes=2 * 1024**3,
        measure_timeout_s=60.0,
        max_recording_ms=3_600_000,
        retries=RetrySchedules(
            gone=RetrySchedule(**AT_ONCE, max_attempts=2),
            passing=RetrySchedule(**AT_ONCE, max_attempts=4),
            service_away=RetrySchedule(**AT_ONCE, max_attempts=2),
            unexpected=RetrySchedule(**AT_ONCE, max_attempts=2),
        ),
    )
    await outbound.aclose()


@pytest.fixture
async def pipeline(context: PipelineContext, database_url: str) -> AsyncIterator[Pipeline]:
    app = create_app(context, database_url=database_url)
    async with app.open_async():
        yield Pipeline(context=context, app=app)
