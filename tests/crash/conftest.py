from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.recording_server import RecordingServer, running_recording_server
from tests.support.service import Service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A running installation; tests may kill any part of it."""
    service = Service(tmp_path_factory.mktemp("installation") / "data")
    service.start()
    yield service
    assert service.stop() == 0
    assert service.database() is None


@pytest.fixture
async def recordings() -> AsyncIterator[RecordingServer]:
    async with running_recording_server() as running:
        yield running
