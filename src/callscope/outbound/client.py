"""The one client for requests to servers that users name: guarded, capped, and forgetful of secrets across hosts."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

import httpx
from opentelemetry.trace import NoOpTracer, SpanKind, StatusCode, Tracer

from callscope.outbound.addresses import Network
from callscope.outbound.errors import FetchCause, FetchFailed, UrlForbidden
from callscope.outbound.network import AddressGuard, GuardedTransport, Resolver, resolve_by_system
from callscope.outbound.urls import origin_of, parse_url, port_of

USER_AGENT = f"callscope/{version('callscope')}"
REDIRECTS = (301, 302, 303, 307, 308)
LATER = (408, 425, 429)
_OUR_HEADERS = {"user-agent": USER_AGENT, "accept": "*/*", "accept-encoding": "identity"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """How long and how slow a server may be.

    `idle_s` bounds the wait for a connection and for each piece of an answer, `head_s` the whole way to the body,
    redirects included. Over every `rate_window_s` of a body at least `min_bytes_per_s` must come on average.
    """

    idle_s: float = 30.0
    head_s: float = 60.0
    rate_window_s: float = 30.0
    min_bytes_per_s: int = 1024
    max_hops: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """The body of an answer as it comes in. `content_type` is what the server claims."""

    content_type: str | None
    chunks: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """How a server took what was sent to it, and how long it asks to be left alone."""

    http_status: int
    retry_after_s: float | None


class OutboundClient:
    """Fetches what users name. Every request, redirects included, passes the same checks."""

    def __init__(
        self,
        *,
        allowed_networks: Sequence[Network] = (),
        limits: FetchLimits | None = None,
        resolve: Resolver = resolve_by_system,
        tracer: Tracer | None = None,
    ) -> None:
        self._tracer = tracer or NoOpTracer()
        self._guard = AddressGuard(allowed_networks, resolve)
        self._transport = GuardedTransport(self._guard)
        self._limits = limits or FetchLimits()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._transport.aclose()

    async def check_url(self, url: str) -> None:
        """Raise UrlForbidden or HostUnknown unless `url` may be fetched; only DNS is asked."""
        parsed = parse_url(url)
        await self._guard.addresses_of(parsed.host, port_of(parsed))

    @asynccontextmanager
    async def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> AsyncIterator[httpx.Response]:
        """Open a GET and yield the answer of the last hop, whatever its status, its body unread. Raises FetchFailed."""
        with _InOurWords():
            try:
                async with asyncio.timeout(self._limits.head_s):
                    response = await self._follow(parse_url(url), dict(headers or {}))
            except TimeoutError as error:
                raise FetchFailed("The server took too long to answer.", FetchCause.TIMED_OUT) from error
            try:
                yield response
            finally:
                await response.aclose()

    @asynccontextmanager
    async def download(
        self, url: str, *, max_bytes: int, timeout_s: float, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[Download]:
        """Open a download of at most `max_bytes`, `timeout_s` in all. Raises FetchFailed, also while it is read."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        async with self.get(url, headers=headers) as response:
            raise_for_status(response)
            declared = response.headers.get("content-length", "")
            if declared.isdigit() and int(declared) > max_bytes:
                raise _too_large(max_bytes)
            chunks = self._paced(response, max_bytes=max_bytes, deadline=deadline)
            yield Download(content_type=response.headers.get("content-type"), chunks=chunks)

    async def post(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        data: Mapping[str, list[str]],
        files: Mapping[str, tuple[str, bytes, str]],
        timeout_s: float,
        max_bytes: int,
    ) -> tuple[int, httpx.Headers, bytes]:
        """Send a multipart form and return status, headers and body, whatever the status. Raises FetchFailed."""
        parts = {"data": data, "files": files}
        async with self._posted(url, headers=headers, parts=parts, timeout_s=timeout_s) as response:
            return response.status_code, response.headers, await _whole(response, max_bytes)

    async def exchange(
        self, url: str, *, headers: Mapping[str, str], content: bytes, timeout_s: float, max_bytes: int
    ) -> tuple[int, httpx.Headers, bytes]:
        """Send `content` and return status, headers and body, whatever the status. Raises FetchFailed."""
        async with self._posted(url, headers=headers, parts={"content": content}, timeout_s=timeout_s) as response:
            return response.status_code, response.headers, await _whole(response, max_bytes)

    async def notify(self, url: str, *, headers: Mapping[str, str], content: bytes, timeout_s: float) -> Receipt:
        """Send `content` and return how it was received; the answer's body is not read. Raises FetchFailed.

        A redirect is not followed: it is the receiver's answer.
        """
        async with self._posted(url, headers=headers, parts={"content": content}, timeout_s=timeout_s) as response:
            return Receipt(http_status=response.status_code, retry_after_s=retry_after_s(response.headers))

    @asynccontextmanager
    async def _posted(
        self, url: str, *, headers: Mapping[str, str], parts: Mapping[str, Any], timeout_s: float
    ) -> AsyncIterator[httpx.Response]:
        """Send a POST and yield its answer; `timeout_s` bounds the whole block."""
        timeout = httpx.Timeout(timeout_s).as_dict()
        request = httpx.Request(
            "POST", parse_url(url), headers={**headers, **_OUR_HEADERS}, extensions={"timeout": timeout}, **parts
        )
        with _InOurWords():
            try:
                async with asyncio.timeout(timeout_s):
                    response = await self._answer_to(request)
                    try:
                        yield response
                    finally:
                        await response.aclose()
            except TimeoutError as error:
                raise FetchFailed("The server took too long to answer.", FetchCause.TIMED_OUT) from error

    async def _follow(self, url: httpx.URL, headers: dict[str, str]) -> httpx.Response:
        for _ in range(self._limits.max_hops + 1):
            response = await self._send(url, headers)
            if response.status_code not in REDIRECTS:
                _refuse_encoding(response)
                return response
            await response.aclose()
            target = _redirect_target(url, response)
            if origin_of(target) != origin_of(url):
                headers = {name: value for name, value in headers.items() if name.lower() == "range"}
            url = target
        raise FetchFailed(f"The URL redirects more than {self._limits.max_hops} times.", FetchCause.UNUSABLE)

    async def _send(self, url: httpx.URL, headers: Mapping[str, str]) -> httpx.Response:
        timeout = httpx.Timeout(self._limits.idle_s).as_dict()
        request = httpx.Request("GET", url, headers={**headers, **_OUR_HEADERS}, extensions={"timeout": timeout})
        response = await self._answer_to(request)
        response.request = request
        return response

    async def _answer_to(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its answer, the body unread, as a span that ends with the answer's head.

        Of the URL it names the host alone, for path and query may be what opens it, and of an error the type.
        """
        attributes: dict[str, str | int] = {
            "http.request.method": request.method,
            "server.address": request.url.host,
            "server.port": port_of(request.url),
        }
        with self._tracer.start_as_current_span(
            request.method,
            kind=SpanKind.CLIENT,
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                response = await self._transport.handle_async_request(request)
            except BaseException as error:
                span.set_attribute("error.type", type(error).__qualname__)
                span.set_status(StatusCode.ERROR)
                raise
            span.set_attribute("http.response.status_code", response.status_code)
            if response.is_error:
                span.set_status(StatusCode.ERROR)
        return response

    async def _paced(self, response: httpx.Response, *, max_bytes: int, deadline: float) -> AsyncIterator[bytes]:
        """Yield the body while it is small, quick and early enough."""
        clock = asyncio.get_running_loop().time
        received_bytes, window_bytes, window_start = 0, 0, clock()
        with _InOurWords():
            async for chunk in response.aiter_raw():
                received_bytes += len(chunk)
                window_bytes += len(chunk)
                if received_bytes > max_bytes:
                    raise _too_large(max_bytes)
                now = clock()
                if now > deadline:
                    raise FetchFailed("The download took longer than allowed.", FetchCause.TIMED_OUT)
                if now - window_start >= self._limits.rate_window_s:
                    if window_bytes < self._limits.min_bytes_per_s * (now - window_start):
                        raise FetchFailed("The server sends too slowly.", FetchCause.TIMED_OUT)
                    window_bytes, window_start = 0, now
                yield chunk


def raise_for_status(response: httpx.Response) -> None:
    """Raise FetchFailed unless the answer is a file (200, or 206 where a range was asked for)."""
    status = response.status_code
    if status in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
        return
    is_later = status in LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    is_gone = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    cause = FetchCause.BUSY if is_later else FetchCause.GONE if is_gone else FetchCause.UNUSABLE
    raise FetchFailed(
        f"The server answered {status} instead of the file.",
        cause,
        http_status=status,
        retry_after_s=retry_after_s(response.headers),
    )


def _redirect_target(url: httpx.URL, response: httpx.Response) -> httpx.URL:
    location = response.headers.get("location")
    if not location:
        raise FetchFailed("The server redirects to nowhere.", FetchCause.UNUSABLE)
    try:
        joined = url.join(location)
    except (httpx.InvalidURL, ValueError) as error:
        raise UrlForbidden("The server redirects to something that is not a URL.") from error
    target = parse_url(str(joined))
    if url.scheme == "https" and target.scheme != "https":
        raise UrlForbidden("The server redirects from https to http.")
    return target


def _refuse_encoding(response: httpx.Response) -> None:
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise FetchFailed(
            f"The server encodes the file ({encoding}) although asked not to; serve it as it is.", FetchCause.UNUSABLE
        )


def _too_large(max_bytes: int) -> FetchFailed:
    return FetchFailed(f"The file is larger than the {max_bytes} bytes allowed.", FetchCause.TOO_LARGE)


async def _whole(response: httpx.Response, max_bytes: int) -> bytes:
    _refuse_encoding(response)
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > max_bytes:
            raise _too_large(max_bytes)
    return bytes(body)


def retry_after_s(headers: httpx.Headers) -> float | None:
    """Return how long a server asks to wait, None when it does not."""
    value = headers.get("retry-after", "").strip()
    if value.isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


class _InOurWords:
    """Says in our words what httpx reports in its own."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, httpx.TimeoutException):
            raise FetchFailed("The server took too long to answer.", FetchCause.TIMED_OUT) from error
        if isinstance(error, httpx.ConnectError):
            is_tls = isinstance(_root_cause(error), ssl.SSLError)
            message = "No trustworthy TLS connection was possible." if is_tls else "The server cannot be connected to."
            raise FetchFailed(message, FetchCause.UNREACHABLE) from error
        if isinstance(error, httpx.TransportError):
            raise FetchFailed(
                "The connection broke off before the file was complete.", FetchCause.BROKEN_OFF
            ) from error


def _root_cause(error: BaseException) -> BaseException:
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error
