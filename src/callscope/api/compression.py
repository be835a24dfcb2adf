"""Text goes out gzipped; streams of events, sound and what is compressed already go out as they are."""

from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SMALLEST_BYTES = 1024
"""Below it the packet is no smaller."""
LEVEL = 5
"""Twice as quick as the highest, a twentieth larger."""
AS_THEY_ARE = (
    *DEFAULT_EXCLUDED_CONTENT_TYPES,
    # Recordings of unknown kind are asked for in ranges, which count the bytes as they are stored.
    "application/octet-stream",
    "application/vnd.apache.parquet",
)


class CompressionMiddleware:
    """Gzips answers to GET for whoever takes gzip.

    Answers to other methods are small, and come where each microsecond is counted. A gzipped answer's ETag is made a
    weak one: it stands for what the answer means, not for its bytes.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._compressed = GZipMiddleware(
            app, minimum_size=SMALLEST_BYTES, compresslevel=LEVEL, exclude_content_types=AS_THEY_ARE
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return

        async def send_weakened(message: Message) -> None:
            if message["type"] == "http.response.start" and (b"content-encoding", b"gzip") in message["headers"]:
                message["headers"] = [_weakened(*pair) for pair in message["headers"]]
            await send(message)

        await self._compressed(scope, receive, send_weakened)


def _weakened(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    return (name, b"W/" + value) if name == b"etag" and not value.startswith(b"W/") else (name, value)
