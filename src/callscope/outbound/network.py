"""The one way to a socket: resolve, check every address, connect to a checked one."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence

import httpcore
import httpx

from callscope.outbound.addresses import Address, Network, is_allowed, parse_address
from callscope.outbound.errors import HostUnknown, UrlForbidden

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the addresses of a host as text. Raises OSError when there are none."""


async def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class AddressGuard:
    """Turns a host into addresses that may be connected to, or refuses."""

    def __init__(self, allowed_networks: Sequence[Network], resolve: Resolver) -> None:
        self._allowed_networks = tuple(allowed_networks)
        self._resolve = resolve

    async def addresses_of(self, host: str, port: int) -> list[Address]:
        """Return the host's addresses. One forbidden address refuses them all: the next answer could begin with it.

        Raises HostUnknown or UrlForbidden.
        """
        try:
            texts = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise HostUnknown(host) from error
        addresses = [parse_address(text) for text in texts]
        if not addresses:
            raise HostUnknown(host)
        usable = [found for found in addresses if found is not None and is_allowed(found, self._allowed_networks)]
        if len(usable) < len(addresses):
            raise UrlForbidden(
                f"The host {host!r} has an address that is not public. Use a publicly reachable host, or let the "
                "operator allow its network with CALLSCOPE_FETCH_ALLOW_NETWORKS."
            )
        return list(dict.fromkeys(usable))


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects to the very address that was checked. Host header and TLS name stay those of the URL."""

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve, check and connect; the next address is tried when one does not answer."""
        addresses = await self._guard.addresses_of(host, port)
        for position, address in enumerate(addresses, start=1):
            try:
                return await self._backend.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if position == len(addresses):
                    raise
        raise HostUnknown(host)

    async def connect_unix_socket(
        self,
        path: str,  # noqa: ARG002 - the interface is httpcore's
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - the interface is httpcore's
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002 - the interface is httpcore's
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: no URL leads to a socket file."""
        raise UrlForbidden("Socket files cannot be connected to.")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class GuardedTransport(httpx.AsyncHTTPTransport):
    """httpx's transport over guarded connections. Each request resolves and connects anew; proxies are not asked."""

    def __init__(self, guard: AddressGuard) -> None:
        context = httpx.create_ssl_context(trust_env=False)
        super().__init__(verify=context, trust_env=False)
        # httpx takes no network backend of its own; its pool is replaced before the first request.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=None,
            max_keepalive_connections=0,
            network_backend=GuardedBackend(guard),
        )
