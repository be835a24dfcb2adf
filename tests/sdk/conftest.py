from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
from roark_analytics import AsyncRoark, Roark

from callscope.services.keys import CreatedKey
from callscope.storage.engine import SessionFactory, create_engine
from tests.support.api import build_app_under_test, make_key
from tests.support.live_server import serving


@dataclass(frozen=True, kw_only=True)
class LiveApi:
    """A served API on a database of its own. `sessions` belong to the test's event loop."""

    url: str
    key: CreatedKey
    sessions: SessionFactory


def client_with(live: LiveApi, plain_key: str) -> Roark:
    """Return the official client with another key, told to reject any answer that does not fit its types."""
    return Roark(bearer_token=plain_key, base_url=live.url, _strict_response_validation=True, max_retries=0)


def client_of(live: LiveApi, key: CreatedKey) -> Roark:
    return client_with(live, key.plain_key)


@pytest.fixture
async def live(database_url: str, sessions: SessionFactory) -> AsyncIterator[LiveApi]:
    key = await make_key(sessions)
    with serving(build_app_under_test(create_engine(database_url)).app) as url:
        yield LiveApi(url=url, key=key, sessions=sessions)


@pytest.fixture
def client(live: LiveApi) -> Iterator[Roark]:
    with client_of(live, live.key) as client:
        yield client


@pytest.fixture
async def async_client(live: LiveApi) -> AsyncIterator[AsyncRoark]:
    async with AsyncRoark(
        bearer_token=live.key.plain_key, base_url=live.url, _strict_response_validation=True, max_retries=0
    ) as client:
        yield client
