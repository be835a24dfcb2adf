"""Headers that keep browsers from doing with an answer what it is not for."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
OVER_TLS = ((b"strict-transport-security", b"max-age=31536000; includeSubDomains"),)
NOT_KEPT = (b"cache-control", b"no-store")
"""Answers of the API hold what people said; pages and files say themselves how long they are good."""


class SecurityHeadersMiddleware:
    """Adds what an answer does not set itself. `is_tls` says that clients reach us by https."""

    def __init__(self, app: ASGIApp, *, is_tls: bool) -> None:
        self._app = app
        self._headers = ALWAYS + (OVER_TLS if is_tls else ())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        wanted = (*self._headers, NOT_KEPT) if scope["path"].startswith("/v1/") else self._headers

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.get("headers", ())
                present = {name for name, _ in headers}
                message["headers"] = [*headers, *(pair for pair in wanted if pair[0] not in present)]
            await send(message)

        await self._app(scope, receive, send_with_headers)
