"""The API as tests reach it: an app on a test's own database, a key, and calls to send."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from ipaddress import IPv4Network
from typing import Any
from uuid import UUID

from fastapi import FastAPI, Request
from opentelemetry.trace import TracerProvider
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from callscope.api.context import ApiContext
from callscope.boot.app import build_api
from callscope.core.judge import JudgeRules
from callscope.core.permissions import Scope
from callscope.outbound.client import OutboundClient
from callscope.outbound.probe import ProbeOutcome, ProbeVerdict
from callscope.services.judging import Judge
from callscope.services.keys import CreatedKey, create_key
from callscope.services.recent_keys import RecentKeys
from callscope.storage.engine import SessionFactory, is_reachable, read_session_factory, session_factory
from callscope.storage.statements import Statements

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
MAX_BODY_BYTES = 16 * 1024**2
YES = ProbeVerdict(outcome=ProbeOutcome.YES, reason=None)


@dataclass
class SettableClock:
    """Stands still until it is set."""

    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment


@dataclass
class ScriptedProbe:
    """Says yes to every recording but those it has a verdict for, and remembers what it was asked."""

    verdicts: dict[str, ProbeVerdict] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def __call__(self, url: str) -> ProbeVerdict:
        self.asked.append(url)
        return self.verdicts.get(url, YES)


@dataclass
class ApiUnderTest:
    """An app, what it runs on, and what can be set on it."""

    app: FastAPI
    transactions: SessionFactory
    clock: SettableClock
    probe: ScriptedProbe


def build_app_under_test(
    engine: AsyncEngine, judge_rules: JudgeRules | None = None, tracers: TracerProvider | None = None
) -> ApiUnderTest:
    clock, probe = SettableClock(), ScriptedProbe()
    transactions = session_factory(engine)
    context = ApiContext(
        transactions=transactions,
        reads=read_session_factory(engine),
        statements=Statements(engine),
        recent_keys=RecentKeys(),
        probe_recording=probe,
        sign_recording_url=sign_recording_url,
        is_database_reachable=partial(is_reachable, engine),
        clock=clock,
        version="0.0.test",
        judge=Judge(OutboundClient(allowed_networks=(IPv4Network("127.0.0.0/8"),)), judge_rules or JudgeRules()),
    )

    @asynccontextmanager
    async def closing(_: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.dispose()

    app = build_api(context, max_body_bytes=MAX_BODY_BYTES, lifespan=closing, tracers=tracers)
    return ApiUnderTest(app=app, transactions=transactions, clock=clock, probe=probe)


def sign_recording_url(request: Request, recording_id: UUID) -> str:
    return f"{request.base_url}signed/{recording_id}"


async def make_key(sessions: SessionFactory, *, project: str = "default", **options: Any) -> CreatedKey:
    async with sessions.begin() as session:
        return await create_key(session, project_name=project, name="test", **options)


async def make_read_key(sessions: SessionFactory, **options: Any) -> CreatedKey:
    return await make_key(sessions, scope=Scope.READ, **options)


def authorization(key: CreatedKey) -> dict[str, str]:
    return {"authorization": f"Bearer {key.plain_key}"}


def minimal_call(**further: Any) -> dict[str, Any]:
    return {
        "recordingUrl": "https://recordings.example/call.wav",
        "startedAt": "2026-01-31T09:30:00Z",
        "interfaceType": "PHONE",
        "callDirection": "INBOUND",
        **further,
    }


async def count_rows(sessions: SessionFactory, *tables: str) -> Mapping[str, int]:
    """Return how many rows each table has."""
    async with sessions() as session:
        return {
            table: (await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one()  # noqa: S608 - own names
            for table in tables
        }


async def count_all_rows(sessions: SessionFactory) -> Mapping[str, int]:
    """Return how many rows each table has that a request could write."""
    return await count_rows(
        sessions,
        "call",
        "call_agent",
        "call_customer",
        "agent",
        "agent_endpoint",
        "agent_prompt",
        "agent_prompt_version",
        "transcript",
        "transcript_entry",
        "tool_invocation",
        "property_definition",
        "ingest_request",
        "analysis",
        "procrastinate_jobs",
    )
