import asyncio
import gzip
from collections.abc import Sequence

import pytest

from callscope.outbound.client import OutboundClient
from callscope.outbound.errors import FetchCause, FetchFailed, HostUnknown, UrlForbidden
from tests.outbound.conftest import LOOPBACK
from tests.support.recording_server import RecordingServer, Reply, SeenRequest

FILE = bytes(range(256)) * 512


async def fetch(client: OutboundClient, url: str, *, max_bytes: int = 10**7, timeout_s: float = 20.0) -> bytes:
    async with client.download(url, max_bytes=max_bytes, timeout_s=timeout_s) as download:
        return b"".join([chunk async for chunk in download.chunks])


async def cause_of(client: OutboundClient, url: str, *, max_bytes: int = 10**7, timeout_s: float = 20.0) -> FetchCause:
    with pytest.raises(FetchFailed) as failure:
        await fetch(client, url, max_bytes=max_bytes, timeout_s=timeout_s)
    return failure.value.cause


async def test_a_file_arrives_whole(client: OutboundClient, server: RecordingServer) -> None:
    url = server.serve("/a.wav", Reply(body=FILE))

    assert await fetch(client, url) == FILE
    assert server.requests[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "localhost.", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]"])  # noqa: S104
async def test_loopback_is_refused_unless_allowed(
    strict_client: OutboundClient, server: RecordingServer, host: str
) -> None:
    with pytest.raises(FetchFailed) as refusal:
        await fetch(strict_client, server.url("/a.wav", host=host))

    assert isinstance(refusal.value, UrlForbidden | HostUnknown)
    assert server.requests == []


async def test_the_address_checked_is_the_address_connected(server: RecordingServer) -> None:
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    asked = []

    async def changing(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return next(answers)

    client = OutboundClient(resolve=changing)
    url = server.serve("/a.wav", Reply(body=FILE)).replace("127.0.0.1", "rebound.example")
    await client.check_url(url)

    with pytest.raises(UrlForbidden):
        await fetch(client, url)
    assert asked == ["rebound.example", "rebound.example"]
    assert server.requests == []


async def test_one_forbidden_address_among_public_ones_refuses_the_host() -> None:
    async def mixed(_host: str, _port: int) -> Sequence[str]:
        return ["93.184.216.34", "10.0.0.1"]

    with pytest.raises(UrlForbidden):
        await OutboundClient(resolve=mixed).check_url("https://mixed.example/a.wav")


async def test_the_name_stays_in_the_host_header(server: RecordingServer) -> None:
    async def local(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    client = OutboundClient(allowed_networks=LOOPBACK, resolve=local)
    server.serve("/a.wav", Reply(body=FILE))

    assert await fetch(client, server.url("/a.wav", host="files.example")) == FILE
    assert server.requests[0].headers["host"] == f"files.example:{server.port}"


async def test_the_next_address_is_tried_when_one_does_not_answer(server: RecordingServer) -> None:
    async def two(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.2", "127.0.0.1"]

    client = OutboundClient(allowed_networks=LOOPBACK, resolve=two)
    server.serve("/a.wav", Reply(body=FILE))

    assert await fetch(client, server.url("/a.wav", host="files.example")) == FILE


async def test_an_unresolvable_host_is_refused() -> None:
    async def nowhere(_host: str, _port: int) -> Sequence[str]:
        raise OSError("no such host")

    client = OutboundClient(resolve=nowhere)
    with pytest.raises(HostUnknown):
        await client.check_url("https://missing.example/a.wav")
    assert await cause_of(client, "https://missing.example/a.wav") is FetchCause.HOST_UNKNOWN


@pytest.mark.parametrize(
    "location",
    [
        "http://10.0.0.1/a.wav",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/a.wav",
        "file:///etc/passwd",
        "http://user:pass@127.0.0.1:8080/a.wav",
        "//0x7f000001/a.wav",
        "http://127.0.0.1:22/",
    ],
)
async def test_redirects_are_checked_again(client: OutboundClient, server: RecordingServer, location: str) -> None:
    url = server.serve("/a.wav", Reply(status=302, headers={"location": location}))

    assert await cause_of(client, url) is FetchCause.FORBIDDEN
    assert len(server.requests) == 1


async def test_redirects_are_followed_up_to_the_cap(client: OutboundClient, server: RecordingServer) -> None:
    server.serve("/file", Reply(body=FILE))
    for hop in range(1, 7):
        target = "/file" if hop == 1 else f"/{hop - 1}"
        server.serve(f"/{hop}", Reply(status=307, headers={"location": target}))

    assert await fetch(client, server.url("/5")) == FILE
    assert await cause_of(client, server.url("/6")) is FetchCause.UNUSABLE


async def test_a_redirect_to_nowhere_fails(client: OutboundClient, server: RecordingServer) -> None:
    assert await cause_of(client, server.serve("/a", Reply(status=301))) is FetchCause.UNUSABLE


async def test_secrets_are_dropped_across_hosts(client: OutboundClient, server: RecordingServer) -> None:
    server.serve("/end", Reply(body=FILE))
    server.serve("/same", Reply(status=302, headers={"location": "/end"}))
    server.serve("/other", Reply(status=302, headers={"location": server.url("/end", host="localhost")}))
    secrets = {"authorization": "Bearer x", "cookie": "a=b", "x-signature": "y"}

    for path in ("/same", "/other"):
        async with client.get(server.url(path), headers=secrets):
            pass

    same, other = [request.headers for request in server.requests if request.path == "/end"]
    assert secrets.items() <= same.items()
    assert not secrets.keys() & other.keys()


async def test_cookies_are_not_kept(client: OutboundClient, server: RecordingServer) -> None:
    url = server.serve("/a", Reply(body=FILE, headers={"set-cookie": "who=me"}))

    await fetch(client, url)
    await fetch(client, url)

    assert all("cookie" not in request.headers for request in server.requests)


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (401, FetchCause.GONE),
        (403, FetchCause.GONE),
        (404, FetchCause.GONE),
        (410, FetchCause.GONE),
        (408, FetchCause.BUSY),
        (425, FetchCause.BUSY),
        (429, FetchCause.BUSY),
        (500, FetchCause.BUSY),
        (503, FetchCause.BUSY),
        (204, FetchCause.UNUSABLE),
        (304, FetchCause.UNUSABLE),
    ],
)
async def test_a_status_has_a_cause(
    client: OutboundClient, server: RecordingServer, status: int, cause: FetchCause
) -> None:
    url = server.serve("/a", Reply(status=status, headers={"retry-after": "7"}))

    with pytest.raises(FetchFailed) as failure:
        await fetch(client, url)

    assert (failure.value.cause, failure.value.http_status, failure.value.retry_after_s) == (cause, status, 7.0)


async def test_a_declared_length_over_the_cap_is_refused_at_once(
    client: OutboundClient, server: RecordingServer
) -> None:
    url = server.serve("/a", Reply(body=FILE, hold=asyncio.Event()))

    assert await cause_of(client, url, max_bytes=1000) is FetchCause.TOO_LARGE


@pytest.mark.parametrize("reply", [Reply(body=FILE, has_length=False), Reply(is_endless=True, has_length=False)])
async def test_what_is_counted_is_what_arrives(client: OutboundClient, server: RecordingServer, reply: Reply) -> None:
    assert await cause_of(client, server.serve("/a", reply), max_bytes=1000) is FetchCause.TOO_LARGE


async def test_a_length_that_promises_less_ends_the_file_there(client: OutboundClient, server: RecordingServer) -> None:
    url = server.serve("/a", Reply(body=FILE, headers={"content-length": "10"}))

    assert await fetch(client, url) == FILE[:10]


async def test_a_truncated_body_is_not_taken_for_the_file(client: OutboundClient, server: RecordingServer) -> None:
    url = server.serve("/a", Reply(body=FILE, sent_bytes=1000))

    assert await cause_of(client, url) is FetchCause.BROKEN_OFF


async def test_a_dripping_body_is_given_up(hasty_client: OutboundClient, server: RecordingServer) -> None:
    url = server.serve("/a", Reply(body=FILE, drip_s=0.05))

    assert await cause_of(hasty_client, url) is FetchCause.TIMED_OUT


async def test_a_body_that_never_comes_is_given_up(hasty_client: OutboundClient, server: RecordingServer) -> None:
    url = server.serve("/a", Reply(body=FILE, hold=asyncio.Event()))

    assert await cause_of(hasty_client, url) is FetchCause.TIMED_OUT


async def test_the_whole_download_has_a_time_limit(client: OutboundClient, server: RecordingServer) -> None:
    url = server.serve("/a", Reply(body=FILE))

    assert await cause_of(client, url, timeout_s=-1.0) is FetchCause.TIMED_OUT


async def test_headers_that_drip_are_given_up(hasty_client: OutboundClient, server: RecordingServer) -> None:
    url = server.serve("/a", Reply(headers={f"x-{number}": "y" for number in range(50)}, head_drip_s=0.2))

    assert await cause_of(hasty_client, url) is FetchCause.TIMED_OUT


async def test_compressed_bodies_are_refused_unread(client: OutboundClient, server: RecordingServer) -> None:
    bomb = gzip.compress(b"\0" * 10**7)
    url = server.serve("/a", Reply(body=bomb, headers={"content-encoding": "gzip"}))

    assert await cause_of(client, url) is FetchCause.UNUSABLE


async def test_an_answer_that_is_not_http_fails(client: OutboundClient, server: RecordingServer) -> None:
    url = server.serve("/a", Reply(raw=b"220 smtp ready\r\n"))

    assert await cause_of(client, url) is FetchCause.BROKEN_OFF


async def test_a_closed_port_is_unreachable(client: OutboundClient, server: RecordingServer) -> None:
    silent = await asyncio.start_server(server.handle, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    silent.close()
    await silent.wait_closed()

    assert await cause_of(client, f"http://127.0.0.1:{port}/a") is FetchCause.UNREACHABLE


async def test_plain_text_where_tls_is_expected_is_unreachable(client: OutboundClient) -> None:
    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 smtp ready\r\n")
        writer.close()

    greeter = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with greeter:
        port = greeter.sockets[0].getsockname()[1]
        assert await cause_of(client, f"https://127.0.0.1:{port}/a") is FetchCause.UNREACHABLE


async def test_proxy_settings_are_not_followed(
    client: OutboundClient, server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    def answer(request: SeenRequest) -> Reply:
        return Reply(body=request.path.encode())

    assert await fetch(client, server.serve("/a", answer)) == b"/a"
