"""Why a request to somebody else's server was refused by us, or failed there."""

from enum import StrEnum

from callscope.core.errors import CallscopeError


class FetchCause(StrEnum):
    """What stood in the way. Each cause has its own chance of being gone at the next try."""

    FORBIDDEN = "forbidden"
    """Our own rules: scheme, credentials, address, port, redirect."""
    HOST_UNKNOWN = "host_unknown"
    GONE = "gone"
    """The server says the file is not there, or not for us."""
    BUSY = "busy"
    """The server says later: 408, 425, 429 and 5xx."""
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"
    """Nobody answers at that address, or not in TLS we can trust."""
    BROKEN_OFF = "broken_off"
    TOO_LARGE = "too_large"
    UNUSABLE = "unusable"
    """An answer that cannot be a file: an encoding we did not ask for, an odd status, a redirect to nowhere."""


class FetchFailed(CallscopeError):
    """A request did not bring what was asked for. The message names neither address nor URL beyond the host."""

    code = "fetch_failed"

    def __init__(
        self, message: str, cause: FetchCause, *, http_status: int | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.cause = cause
        self.http_status = http_status
        self.retry_after_s = retry_after_s


class ServiceAway(FetchFailed):
    """A server that the operator set up is not there now, or has no time."""

    code = "service_away"


class UrlForbidden(FetchFailed):
    """Our rules forbid the URL; nothing was sent."""

    code = "url_forbidden"

    def __init__(self, message: str) -> None:
        super().__init__(message, FetchCause.FORBIDDEN)


class HostUnknown(FetchFailed):
    """The host's name has no address."""

    code = "host_unknown"

    def __init__(self, host: str) -> None:
        super().__init__(
            f"The host name {host!r} cannot be resolved. Check its spelling, and that it is in public DNS.",
            FetchCause.HOST_UNKNOWN,
        )
