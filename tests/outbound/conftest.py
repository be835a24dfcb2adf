from collections.abc import AsyncIterator
from ipaddress import IPv4Network

import pytest

from callscope.outbound.client import FetchLimits, OutboundClient
from tests.support.recording_server import RecordingServer, running_recording_server

LOOPBACK = (IPv4Network("127.0.0.0/8"),)


@pytest.fixture
async def server() -> AsyncIterator[RecordingServer]:
    async with running_recording_server() as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[OutboundClient]:
    """A client that may reach loopback."""
    client = OutboundClient(allowed_networks=LOOPBACK)
    yield client
    await client.aclose()


@pytest.fixture
async def hasty_client() -> AsyncIterator[OutboundClient]:
    """A client that may reach loopback and has little patience."""
    limits = FetchLimits(idle_s=0.8, head_s=1.0, rate_window_s=0.2, min_bytes_per_s=1000)
    client = OutboundClient(allowed_networks=LOOPBACK, limits=limits)
    yield client
    await client.aclose()


@pytest.fixture
async def strict_client() -> AsyncIterator[OutboundClient]:
    """A client as an operator gets it who allows no network."""
    client = OutboundClient()
    yield client
    await client.aclose()
