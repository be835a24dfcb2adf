import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.recording_server import RecordingServer, running_recording_server
from tests.support.service import Service


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """A running installation; tests may kill any part of it."""
    # Not pytest's own directory: as root, the database's account could not reach it when another session begins.
    with tempfile.TemporaryDirectory(prefix="callscope-crash-") as directory:
        service = Service(Path(directory) / "data")
        service.start()
        yield service
        assert service.stop() == 0
        assert service.database() is None


@pytest.fixture
async def recordings() -> AsyncIterator[RecordingServer]:
    async with running_recording_server() as running:
        yield running
