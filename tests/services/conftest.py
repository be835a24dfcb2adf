from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from callscope.pipeline.context import TraceRules
from callscope.storage import projects
from callscope.storage.engine import SessionFactory
from tests.support.trace_api import Drain, draining

RULES = TraceRules(retention_days=2, payload_retention_days=1)


@pytest.fixture
async def drain(sessions: SessionFactory, database_url: str, tmp_path: Path) -> AsyncIterator[Drain]:
    async with draining(sessions, database_url, tmp_path, RULES) as drain:
        drain.clock.moment = datetime.now(UTC)
        yield drain


@pytest.fixture
async def project_id(sessions: SessionFactory) -> UUID:
    async with sessions.begin() as session:
        return await projects.find_or_create(session, "default")
