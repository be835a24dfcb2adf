"""The API with its door for traces, and the jobs that drain what came in."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from procrastinate import App
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from callscope.api.trace_intake import TraceIntake
from callscope.core.clock import SystemClock
from callscope.outbound.client import OutboundClient
from callscope.pipeline.app import create_app
from callscope.pipeline.context import PipelineContext, TraceRules
from callscope.storage.engine import SessionFactory, read_session_factory, session_factory
from callscope.storage.objects import Objects
from tests.support.api import SettableClock

MAX_TRACE_BYTES = 4 * 1024**2


def intake(engine: AsyncEngine, **options: Any) -> TraceIntake:
    return TraceIntake(
        transactions=session_factory(engine),
        reads=read_session_factory(engine),
        clock=options.pop("clock", SystemClock()),
        max_bytes=options.pop("max_bytes", MAX_TRACE_BYTES),
        max_waiting_bytes=options.pop("max_waiting_bytes", 2**30),
    )


@dataclass(frozen=True, kw_only=True)
class Drain:
    """The jobs on a test's database, run when the test says so."""

    app: App
    context: PipelineContext
    clock: SettableClock

    async def run(self) -> None:
        """Run every job that is due, and those they queue, until none is."""
        await self.app.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)

    async def counts(self) -> Mapping[str, int]:
        """Return how many spans, traces, links and payloads that wait there are."""
        query = """
            SELECT (SELECT count(*) FROM span), (SELECT count(*) FROM trace), (SELECT count(*) FROM trace_link),
                   (SELECT count(*) FROM trace_payload WHERE drained_at IS NULL)
        """
        async with self.context.sessions() as session:
            row = (await session.execute(text(query))).one()
        return dict(zip(("spans", "traces", "links", "waiting"), row, strict=True))


@asynccontextmanager
async def draining(
    sessions: SessionFactory, database_url: str, directory: Path, rules: TraceRules | None = None
) -> AsyncIterator[Drain]:
    clock, outbound = SettableClock(), OutboundClient()
    context = PipelineContext(
        sessions=sessions,
        objects=Objects.open(None, default_dir=directory),
        outbound=outbound,
        clock=clock,
        max_recording_bytes=10**7,
        fetch_timeout_s=1.0,
        measure_memory_bytes=2**30,
        measure_timeout_s=60.0,
        max_recording_ms=3_600_000,
        traces=rules or TraceRules(),
    )
    app = create_app(context, database_url=database_url)
    async with app.open_async():
        yield Drain(app=app, context=context, clock=clock)
    await outbound.aclose()
