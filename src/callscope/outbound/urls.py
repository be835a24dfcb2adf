"""What a URL from outside may look like, before anything is looked up."""

import re

import httpx

from callscope.outbound.addresses import parse_address
from callscope.outbound.errors import UrlForbidden

LONGEST_URL = 8192
DEFAULT_PORTS = {"http": 80, "https": 443}
FIRST_UNPRIVILEGED_PORT = 1024
LAST_PORT = 65535
ODD_CHARACTERS = re.compile(r"[\x00-\x20\x7f\\]")
AUTHORITY_END = re.compile(r"[/?#]")
NUMERIC_LABEL = re.compile(r"(?:\d+|0[xX][0-9a-fA-F]*)")
"""A host that ends so is an address in some spelling (decimal, octal, hexadecimal, shortened), never a name."""


def parse_url(url: str) -> httpx.URL:
    """Return the parsed URL if its form is allowed. Raises UrlForbidden with the reason and the remedy."""
    if len(url) > LONGEST_URL:
        raise UrlForbidden(f"The URL is longer than {LONGEST_URL} characters.")
    if ODD_CHARACTERS.search(url):
        raise UrlForbidden("The URL contains a space, a backslash or a control character; percent-encode it.")
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise UrlForbidden(f"This is not a URL: {error}.") from error
    if "@" in AUTHORITY_END.split(url.partition("//")[2], maxsplit=1)[0]:
        raise UrlForbidden("The URL contains credentials; use a signed URL instead.")
    _check_authority(parsed)
    return parsed


def origin_of(url: httpx.URL) -> tuple[str, str, int]:
    """Return what a secret may be bound to: scheme, host and port."""
    return url.scheme, url.host, port_of(url)


def port_of(url: httpx.URL) -> int:
    """Return the port the URL leads to, named or not."""
    return url.port if url.port is not None else DEFAULT_PORTS[url.scheme]


def _check_authority(url: httpx.URL) -> None:
    if url.scheme not in DEFAULT_PORTS:
        raise UrlForbidden(f"The scheme {url.scheme!r} is not allowed; use https or http.")
    if not url.host:
        raise UrlForbidden("The URL names no host.")
    port = port_of(url)
    if port not in DEFAULT_PORTS.values() and not FIRST_UNPRIVILEGED_PORT <= port <= LAST_PORT:
        raise UrlForbidden(f"Port {port} is not allowed; use 80, 443 or one from 1024 on.")
    _check_host(url.host)


def _check_host(host: str) -> None:
    if "%" in host:
        raise UrlForbidden("The host contains a percent sign (an encoding or a zone identifier).")
    last_label = host.rstrip(".").rsplit(".", 1)[-1]
    if parse_address(host) is None and (":" in host or NUMERIC_LABEL.fullmatch(last_label)):
        raise UrlForbidden("The host is an address in an unusual spelling; write a name or a plain address.")
