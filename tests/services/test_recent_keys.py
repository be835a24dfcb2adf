from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from callscope.core.errors import Unauthenticated
from callscope.services import own_keys
from callscope.services.keys import authenticate, create_key
from callscope.services.recent_keys import REMEMBERED_FOR, RecentKeys
from callscope.storage.engine import session_factory
from callscope.storage.statements import Statements

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


async def test_a_key_revoked_elsewhere_is_refused_within_a_second(engine: AsyncEngine) -> None:
    statements, recent, sessions = Statements(engine), RecentKeys(), session_factory(engine)
    async with sessions.begin() as session:
        created = await create_key(session, project_name="default", name="test")
    principal = await authenticate(statements, created.plain_key, now=NOW, recent=recent)
    async with sessions.begin() as session:
        await own_keys.revoke_key(session, principal.project_id, created.id, now=NOW)

    just_before = NOW + REMEMBERED_FOR - timedelta(milliseconds=1)
    assert await authenticate(statements, created.plain_key, now=just_before, recent=recent) == principal
    with pytest.raises(Unauthenticated):
        await authenticate(statements, created.plain_key, now=NOW + REMEMBERED_FOR, recent=recent)


async def test_a_key_that_is_forgotten_is_read_again(engine: AsyncEngine) -> None:
    statements, recent, sessions = Statements(engine), RecentKeys(), session_factory(engine)
    async with sessions.begin() as session:
        created = await create_key(session, project_name="default", name="test")
    principal = await authenticate(statements, created.plain_key, now=NOW, recent=recent)
    async with sessions.begin() as session:
        await own_keys.revoke_key(session, principal.project_id, created.id, now=NOW)
    recent.forget(uuid4())
    assert await authenticate(statements, created.plain_key, now=NOW, recent=recent) == principal

    recent.forget(created.id)

    with pytest.raises(Unauthenticated):
        await authenticate(statements, created.plain_key, now=NOW, recent=recent)


async def test_a_remembered_key_still_expires(engine: AsyncEngine) -> None:
    statements, recent = Statements(engine), RecentKeys()
    expires_at = NOW + timedelta(milliseconds=500)
    async with session_factory(engine).begin() as session:
        created = await create_key(session, project_name="default", name="test", expires_at=expires_at)
    await authenticate(statements, created.plain_key, now=NOW, recent=recent)

    with pytest.raises(Unauthenticated):
        await authenticate(statements, created.plain_key, now=expires_at, recent=recent)
