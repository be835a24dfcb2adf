"""What is sent to webhooks and servers of recognition or judging passes the same guard as what is fetched."""

import gzip
from collections.abc import Awaitable, Callable, Sequence

import pytest

from callscope.outbound.client import OutboundClient
from callscope.outbound.errors import FetchCause, FetchFailed, UrlForbidden
from tests.support.recording_server import RecordingServer, Reply

Send = Callable[..., Awaitable[object]]
MAX_ANSWER_BYTES = 10_000


async def notify(client: OutboundClient, url: str, *, timeout_s: float = 20.0) -> object:
    return await client.notify(url, headers={}, content=b"{}", timeout_s=timeout_s)


async def post(client: OutboundClient, url: str, *, timeout_s: float = 20.0) -> object:
    return await client.post(url, headers={}, data={}, files={}, timeout_s=timeout_s, max_bytes=MAX_ANSWER_BYTES)


both = pytest.mark.parametrize("send", [notify, post])


@both
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/",
        "http://[::1]:9/",
        "http://[::ffff:127.0.0.1]:9/",
        "http://[64:ff9b::7f00:1]:9/",
        "http://169.254.169.254/latest/meta-data/",
        "http://2130706433:9/",
        "http://example.com:25/",
        "http://user:secret@example.com/",
        "ftp://example.com/",
    ],
)
async def test_forbidden_places_are_not_sent_to(strict_client: OutboundClient, send: Send, url: str) -> None:
    with pytest.raises(UrlForbidden):
        await send(strict_client, url)


@both
async def test_a_name_that_changes_between_check_and_connection_is_refused(server: RecordingServer, send: Send) -> None:
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])

    async def changing(_host: str, _port: int) -> Sequence[str]:
        return next(answers)

    client = OutboundClient(resolve=changing)
    url = server.serve("/", Reply()).replace("127.0.0.1", "rebound.example")
    await client.check_url(url)

    with pytest.raises(UrlForbidden):
        await send(client, url)
    assert server.requests == []


@both
@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_not_followed(
    client: OutboundClient, server: RecordingServer, send: Send, status: int
) -> None:
    elsewhere = server.serve("/elsewhere", Reply())
    url = server.serve("/", Reply(status=status, headers={"location": elsewhere}))

    await send(client, url)

    assert server.count("/elsewhere") == 0


@both
async def test_an_answer_whose_head_drips_is_given_up(
    client: OutboundClient, server: RecordingServer, send: Send
) -> None:
    url = server.serve("/", Reply(headers={f"x-{number}": "y" for number in range(100)}, head_drip_s=0.1))

    with pytest.raises(FetchFailed) as failure:
        await send(client, url, timeout_s=0.5)

    assert failure.value.cause is FetchCause.TIMED_OUT


async def test_the_body_of_a_receipt_is_not_waited_for(client: OutboundClient, server: RecordingServer) -> None:
    url = server.serve("/", Reply(is_endless=True, has_length=False))

    receipt = await client.notify(url, headers={}, content=b"{}", timeout_s=20.0)

    assert receipt.http_status == 200


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (Reply(is_endless=True, has_length=False), FetchCause.TOO_LARGE),
        (Reply(body=b"x" * (MAX_ANSWER_BYTES + 1), has_length=False), FetchCause.TOO_LARGE),
        (Reply(body=b"x" * 100, headers={"content-length": "1000"}), FetchCause.BROKEN_OFF),
        (Reply(body=gzip.compress(b"\0" * 10**7), headers={"content-encoding": "gzip"}), FetchCause.UNUSABLE),
    ],
)
async def test_an_answer_is_bounded_in_size_and_encoding(
    client: OutboundClient, server: RecordingServer, reply: Reply, cause: FetchCause
) -> None:
    with pytest.raises(FetchFailed) as failure:
        await post(client, server.serve("/", reply))

    assert failure.value.cause is cause


async def test_an_answer_whose_body_drips_is_given_up(client: OutboundClient, server: RecordingServer) -> None:
    with pytest.raises(FetchFailed) as failure:
        await post(client, server.serve("/", Reply(body=b"x" * 100, drip_s=0.1)), timeout_s=0.5)

    assert failure.value.cause is FetchCause.TIMED_OUT
