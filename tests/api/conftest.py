from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from callscope.services.keys import CreatedKey
from tests.support.api import ApiUnderTest, authorization, build_app_under_test, make_key
from tests.support.live_api import Live, living


@pytest.fixture
def api(engine: AsyncEngine) -> ApiUnderTest:
    return build_app_under_test(engine)


@pytest.fixture
async def key(api: ApiUnderTest) -> CreatedKey:
    return await make_key(api.transactions)


@pytest.fixture
async def client(api: ApiUnderTest, key: CreatedKey) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a key that may do everything. Crashes are seen as the 500 they answer."""
    transport = httpx.ASGITransport(app=api.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://callscope.test", headers=authorization(key)
    ) as client:
        yield client


@pytest.fixture
async def live(
    *,
    api: ApiUnderTest,
    engine: AsyncEngine,
    database_url: str,
    tmp_path: Path,
    client: httpx.AsyncClient,
    key: CreatedKey,
) -> AsyncIterator[Live]:
    async with living(api, engine, database_url, tmp_path, client=client, key=key) as live:
        yield live
