import asyncio

import pytest

from callscope.outbound.client import OutboundClient
from callscope.outbound.probe import ProbeOutcome, probe_recording
from tests.support.recording_server import RecordingServer, Reply
from tests.support.tones import tone_wav

WAV = tone_wav()


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=WAV),
        Reply(body=WAV, has_ranges=False),
        Reply(body=WAV, headers={"content-type": "audio/wav"}),
        Reply(body=WAV, headers={"content-type": "application/octet-stream"}),
        Reply(body=WAV, has_length=False, has_ranges=False),
    ],
)
async def test_a_recording_is_a_yes(client: OutboundClient, server: RecordingServer, reply: Reply) -> None:
    verdict = await probe_recording(client, server.serve("/a", reply))

    assert verdict.outcome is ProbeOutcome.YES
    assert server.requests[0].headers["range"] == "bytes=0-4095"


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        (Reply(status=404), "404"),
        (Reply(status=403), "403"),
        (Reply(status=410), "410"),
        (Reply(body=b""), "empty"),
        (Reply(body=b"", has_ranges=False), "empty"),
        (Reply(body=WAV, headers={"content-type": "text/html"}), "text/html"),
        (Reply(body=b"<html>" * 100), "format"),
        (Reply(body=b"<html>" * 100, headers={"content-type": "audio/wav"}), "format"),
        (Reply(body=WAV, headers={"content-encoding": "gzip"}), "gzip"),
        (Reply(status=302, headers={"location": "http://10.0.0.1/"}), "public"),
    ],
)
async def test_a_definite_no_has_a_reason(
    client: OutboundClient, server: RecordingServer, reply: Reply, word: str
) -> None:
    verdict = await probe_recording(client, server.serve("/a", reply))

    assert verdict.is_definite_no
    assert word in (verdict.reason or "")


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
async def test_a_server_that_says_later_is_a_maybe(
    client: OutboundClient, server: RecordingServer, status: int
) -> None:
    verdict = await probe_recording(client, server.serve("/a", Reply(status=status)))

    assert verdict.outcome is ProbeOutcome.MAYBE


async def test_a_server_that_does_not_answer_in_time_is_a_maybe(
    client: OutboundClient, server: RecordingServer
) -> None:
    url = server.serve("/a", Reply(body=WAV, hold=asyncio.Event()))

    verdict = await probe_recording(client, url, timeout_s=0.1)

    assert verdict.outcome is ProbeOutcome.MAYBE


async def test_a_large_file_is_not_read_to_its_end(client: OutboundClient, server: RecordingServer) -> None:
    url = server.serve("/a", Reply(is_endless=True))

    assert (await probe_recording(client, url)).is_definite_no


async def test_a_forbidden_address_is_a_no(strict_client: OutboundClient, server: RecordingServer) -> None:
    verdict = await probe_recording(strict_client, server.serve("/a", Reply(body=WAV)))

    assert verdict.is_definite_no
    assert "CALLSCOPE_FETCH_ALLOW_NETWORKS" in (verdict.reason or "")
    assert server.requests == []
