"""A file server on loopback that does to recordings whatever a test asks of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Reply:
    """How one path answers. `headers` override what would be sent; `hold` blocks the body until it is set."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    sent_bytes: int | None = None
    """How much of the body is really sent before the connection is closed."""
    has_ranges: bool = True
    has_length: bool = True
    hold: asyncio.Event | None = None
    drip_s: float | None = None
    """Seconds between single bytes of the body."""
    head_drip_s: float | None = None
    """Seconds between the header lines."""
    is_endless: bool = False
    raw: bytes | None = None
    """Sent as it is, instead of everything else."""


@dataclass(frozen=True, kw_only=True)
class SeenRequest:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


class RecordingServer:
    """Serves `replies` by path, or what a function makes of the request, and remembers what it was asked."""

    def __init__(self) -> None:
        self.replies: dict[str, Reply | Callable[[SeenRequest], Reply]] = {}
        self.requests: list[SeenRequest] = []
        self.port = 0
        self._connections: set[asyncio.Task[None]] = set()
        self.started = asyncio.Event()
        """Set when a body begins to be sent."""

    def url(self, path: str, *, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def serve(self, path: str, reply: Reply | Callable[[SeenRequest], Reply]) -> str:
        self.replies[path] = reply
        return self.url(path)

    def count(self, path: str) -> int:
        return sum(request.path == path for request in self.requests)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        try:
            request = await _read_request(reader)
            self.requests.append(request)
            found = self.replies.get(request.path.split("?", 1)[0], Reply(status=404))
            reply = found if isinstance(found, Reply) else found(request)
            await self._send(reply, request, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            writer.close()

    async def hang_up(self) -> None:
        """Cut every connection."""
        for connection in list(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _send(self, reply: Reply, request: SeenRequest, writer: asyncio.StreamWriter) -> None:
        if reply.raw is not None:
            writer.write(reply.raw)
            await writer.drain()
            return
        status, body, headers = _ranged(reply, request.headers.get("range"))
        if reply.has_length and not reply.is_endless:
            headers = {"content-length": str(len(body)), **headers}
        lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in {**headers, **reply.headers}.items())]
        for line in [*lines, "connection: close", ""]:
            writer.write(f"{line}\r\n".encode())
            await writer.drain()
            await asyncio.sleep(reply.head_drip_s or 0)
        self.started.set()
        if reply.hold is not None:
            await reply.hold.wait()
        if request.method != "HEAD":
            await _send_body(reply, body, writer)


async def _read_request(reader: asyncio.StreamReader) -> SeenRequest:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ", 2)
    pairs = (line.split(":", 1) for line in head[1:] if line)
    headers = {name.lower(): value.strip() for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return SeenRequest(method=method, path=path, headers=headers, body=body)


def _ranged(reply: Reply, wanted: str | None) -> tuple[int, bytes, dict[str, str]]:
    if reply.status != 200 or not reply.has_ranges or wanted is None or reply.is_endless:
        return reply.status, reply.body, {}
    if not reply.body:
        return 416, b"", {"content-range": "bytes */0"}
    first, last = wanted.removeprefix("bytes=").split("-")
    end = min(int(last) + 1 if last else len(reply.body), len(reply.body))
    return 206, reply.body[int(first) : end], {"content-range": f"bytes {first}-{end - 1}/{len(reply.body)}"}


async def _send_body(reply: Reply, body: bytes, writer: asyncio.StreamWriter) -> None:
    if reply.drip_s is not None:
        for byte in body:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(reply.drip_s)
        return
    while reply.is_endless:
        writer.write(b"\0" * 65536)
        await writer.drain()
    writer.write(body[: reply.sent_bytes])
    await writer.drain()


@asynccontextmanager
async def running_recording_server() -> AsyncIterator[RecordingServer]:
    """Run a server on a free port of loopback until the block ends."""
    recording_server = RecordingServer()
    server = await asyncio.start_server(recording_server.handle, "127.0.0.1", 0)
    recording_server.port = server.sockets[0].getsockname()[1]
    try:
        yield recording_server
    finally:
        server.close()
        await recording_server.hang_up()
