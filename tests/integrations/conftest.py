from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from callscope.api.livekit_intake import KeyPair, LivekitIntake
from callscope.services.keys import CreatedKey
from callscope.storage.engine import SessionFactory, create_engine
from callscope.storage.statements import Statements
from tests.support.api import ApiUnderTest, authorization, build_app_under_test, make_key
from tests.support.live_api import Live, integration_intake, living, objects_in
from tests.support.live_server import serving
from tests.support.livekit_tokens import API_KEY, SECRET
from tests.support.trace_api import intake
from tests.support.voices import committed_voices, pcm_of

LIVEKIT_PAIR = KeyPair(api_key=API_KEY, secret=SECRET, project="default")


@pytest.fixture
async def key(sessions: SessionFactory) -> CreatedKey:
    return await make_key(sessions)


@pytest.fixture
def retell_secret() -> str | None:
    """The key with which Retell's webhooks must be signed; without it no signature is asked for."""
    return None


@pytest.fixture
def server(database_url: str, tmp_path: Path, retell_secret: str | None) -> Iterator[str]:
    """The address of a server that takes whatever agents send."""
    engine = create_engine(database_url)
    api = under_test_now(engine)
    api.app.state.traces = intake(engine)
    door = integration_intake(api, engine, objects_in(tmp_path))
    api.app.state.integrations = replace(door, retell_secret=retell_secret)
    api.app.state.livekit = LivekitIntake(
        key_pair=LIVEKIT_PAIR,
        transactions=api.transactions,
        statements=Statements(engine),
        objects=objects_in(tmp_path),
        clock=api.clock,
        max_recording_bytes=10**8,
    )
    with serving(api.app) as url:
        yield url


@pytest.fixture
async def live(engine: AsyncEngine, database_url: str, tmp_path: Path, key: CreatedKey) -> AsyncIterator[Live]:
    """The jobs and the reading side of the same installation."""
    api = under_test_now(engine)
    transport = httpx.ASGITransport(app=api.app)
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://callscope.test", headers=authorization(key)) as client,
        living(api, engine, database_url, tmp_path, client=client, key=key) as live,
    ):
        yield live


@pytest.fixture
def spoken(tmp_path: Path) -> tuple[str, str]:
    """Files with what the customer and what the agent says, as samples at 48 kHz."""
    paths = tmp_path / "customer.pcm", tmp_path / "agent.pcm"
    agent, customer = committed_voices()
    for path, clip in zip(paths, (customer.clauses[1], agent.clauses[0]), strict=True):
        path.write_bytes(pcm_of(clip, rate_hz=48_000))
    return str(paths[0]), str(paths[1])


def under_test_now(engine: AsyncEngine) -> ApiUnderTest:
    api = build_app_under_test(engine)
    api.clock.moment = datetime.now(UTC)
    return api
