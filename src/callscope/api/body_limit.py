"""The largest request body: refused by its declared length, or as soon as more than that has come in."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from callscope.api.errors import answer_http


class BodyTooLarge(HTTPException):
    """More bytes than the server reads."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"The request body is larger than {max_bytes} bytes. Leave out what is not needed, such as `payload`s.",
        )


class BodyLimitMiddleware:
    """Reads at most `max_bytes` of any request's body; to the paths of `larger`, as much as that says.

    A path there that ends in a slash stands for all below it.
    """

    def __init__(self, app: ASGIApp, *, max_bytes: int, larger: Mapping[str, int] | None = None) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._larger = larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        max_bytes = self._limit_of(scope["path"])
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdigit() and int(declared) > max_bytes:
            response = answer_http(Request(scope), BodyTooLarge(max_bytes))
            await response(scope, receive, send)
            return
        received_bytes = 0

        async def receive_limited() -> Message:
            nonlocal received_bytes
            message = await receive()
            received_bytes += len(message.get("body", b""))
            if received_bytes > max_bytes:
                raise BodyTooLarge(max_bytes)
            return message

        await self._app(scope, receive_limited, send)

    def _limit_of(self, path: str) -> int:
        for larger, max_bytes in self._larger.items():
            if path == larger or (larger.endswith("/") and path.startswith(larger)):
                return max_bytes
        return self._max_bytes
