"""How much one key, and everybody together, may ask of this server: token buckets in its memory.

Nothing here asks the database. A limit holds per server process; several together let through as many times more.
"""

import asyncio
import hashlib
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from callscope.api.authentication import INTEGRATION_KEY_HEADER
from callscope.api.errors import answer_http

UNLIMITED_PATHS = ("/health", "/metrics")
OTLP_PATHS = ("/v1/traces", "/v1/otel/v1/traces")
"""Exporters come back after a 503 with `Retry-After`; after a 429 the older ones drop what they have."""
KEY_HEADERS = (b"authorization", INTEGRATION_KEY_HEADER.encode())
MOST_BUCKETS = 20_000
FAILURES_AT_ONCE = 10
FAILURES_PER_S = 1.0
LONGEST_DELAY_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLimits:
    """Requests a minute of one key, and requests answered at the same time of one key and of all."""

    requests_per_minute: int = 60_000
    max_concurrent: int = 1024
    max_concurrent_of_key: int = 512


@dataclass(frozen=True, slots=True)
class Taken:
    """What a bucket holds after a token was asked for. `deficit` is what was missing: 0 when there was one."""

    tokens: float
    deficit: float


class TokenBuckets:
    """A bucket for each name: full at first, refilled steadily. The least used of too many are forgotten."""

    def __init__(self, *, capacity: int, per_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.capacity = capacity
        self.per_s = per_s
        self._clock = clock
        self._levels: OrderedDict[bytes, tuple[float, float]] = OrderedDict()

    def take(self, name: bytes, *, may_owe: bool = False) -> Taken:
        """Take a token. An empty bucket gives none, or with `may_owe` one that the next takers wait for longer."""
        now = self._clock()
        tokens, at = self._levels.pop(name, (float(self.capacity), now))
        tokens = min(self.capacity, tokens + (now - at) * self.per_s)
        deficit = max(0.0, 1.0 - tokens)
        if not deficit or may_owe:
            tokens -= 1.0
        self._levels[name] = (tokens, now)
        if len(self._levels) > MOST_BUCKETS:
            self._levels.popitem(last=False)
        return Taken(tokens, deficit)

    def wait_s(self, taken: Taken) -> int:
        """Return the whole seconds after which there is a token again."""
        return max(1, math.ceil(taken.deficit / self.per_s))


def key_buckets(requests_per_minute: int) -> TokenBuckets:
    """Return buckets for keys that may each send so many requests a minute, a second's worth of them at once."""
    per_s = requests_per_minute / 60
    return TokenBuckets(capacity=max(1, math.ceil(per_s)), per_s=per_s)


def name_of_key(sent: bytes) -> bytes:
    """Return the digest under which the requests of a key are counted, whatever header it is sent in."""
    return hashlib.blake2b(sent.rpartition(b" ")[2], digest_size=16).digest()


class LimitMiddleware:
    """Answers 429 to a key that asks too often, 503 when too much is asked at once, and slows failed authentication."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        limits: RequestLimits,
        keys: TokenBuckets | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`keys` are buckets shared with another door of this server; None: this one's own."""
        self._app = app
        self._limits = limits
        self._keys = keys or key_buckets(limits.requests_per_minute)
        self._failures = TokenBuckets(capacity=FAILURES_AT_ONCE, per_s=FAILURES_PER_S)
        self._sleep = sleep
        self._running: dict[bytes, int] = {}
        self._running_count = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or scope["path"] in UNLIMITED_PATHS:
            await self._app(scope, receive, send)
            return
        name = _name_of(scope)
        headers: dict[str, str] = {}
        refusal = self._refuse_crowd(name)
        if name is not None and refusal is None:
            taken = self._keys.take(name)
            headers = self._headers(taken)
            refusal = self._refuse_hurry(scope, taken, headers) if taken.deficit else None
        if refusal is not None:
            await answer_http(Request(scope), refusal)(scope, receive, send)
            return
        self._enter(name)
        try:
            await self._app(scope, receive, self._sender(scope, send, headers))
        finally:
            self._leave(name)

    def _sender(self, scope: Scope, send: Send, headers: dict[str, str]) -> Send:
        raw_headers = [(name.encode(), value.encode()) for name, value in headers.items()]

        async def send_limited(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] == HTTPStatus.UNAUTHORIZED:
                    await self._slow_down(scope)
                message["headers"] = [*message.get("headers", ()), *raw_headers]
            await send(message)

        return send_limited

    async def _slow_down(self, scope: Scope) -> None:
        """Hold an answer back that says a key or password is wrong, longer with each one from the same address."""
        address = (scope.get("client") or ("", 0))[0]
        deficit = self._failures.take(address.encode(), may_owe=True).deficit
        if deficit:
            await self._sleep(min(LONGEST_DELAY_S, deficit / FAILURES_PER_S))

    def _headers(self, taken: Taken) -> dict[str, str]:
        until_full_s = (self._keys.capacity - taken.tokens) / self._keys.per_s
        return {
            "ratelimit-limit": str(self._keys.capacity),
            "ratelimit-remaining": str(math.floor(max(0.0, taken.tokens))),
            "ratelimit-reset": str(math.ceil(until_full_s)),
        }

    def _refuse_hurry(self, scope: Scope, taken: Taken, headers: dict[str, str]) -> HTTPException:
        wait_s = self._keys.wait_s(taken)
        is_otlp = scope["path"] in OTLP_PATHS
        status = HTTPStatus.SERVICE_UNAVAILABLE if is_otlp else HTTPStatus.TOO_MANY_REQUESTS
        message = f"Rate limit exceeded: this key may send {self._limits.requests_per_minute} requests a minute. "
        return HTTPException(
            status, f"{message}Send the request again in {wait_s} s.", headers | {"retry-after": str(wait_s)}
        )

    def _refuse_crowd(self, name: bytes | None) -> HTTPException | None:
        of_key = 0 if name is None else self._running.get(name, 0)
        if self._running_count < self._limits.max_concurrent and of_key < self._limits.max_concurrent_of_key:
            return None
        return HTTPException(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "Too many requests are being answered at this moment. Nothing was stored; send the request again.",
            {"retry-after": "1"},
        )

    def _enter(self, name: bytes | None) -> None:
        self._running_count += 1
        if name is not None:
            self._running[name] = self._running.get(name, 0) + 1

    def _leave(self, name: bytes | None) -> None:
        self._running_count -= 1
        if name is not None:
            self._running[name] -= 1
            if not self._running[name]:
                del self._running[name]


def _name_of(scope: Scope) -> bytes | None:
    """Return the digest under which a key's requests are counted, None without a key."""
    for name, value in scope["headers"]:
        if name in KEY_HEADERS:
            return name_of_key(value)
    return None
