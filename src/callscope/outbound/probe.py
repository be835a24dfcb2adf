"""One quick look at a recording's URL, before a call is accepted."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from callscope.outbound.client import OutboundClient, raise_for_status
from callscope.outbound.containers import SNIFFED_BYTES, can_be_recording, sniff
from callscope.outbound.errors import FetchCause, FetchFailed

PROBE_TIMEOUT_S = 3.0
PASSING = (FetchCause.BUSY, FetchCause.TIMED_OUT, FetchCause.BROKEN_OFF)
"""Causes that may be gone when the pipeline comes for the file."""


class ProbeOutcome(StrEnum):
    """What a look at a URL found."""

    YES = "yes"
    MAYBE = "maybe"
    NO = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeVerdict:
    """The outcome, and for MAYBE and NO the reason in words with its remedy."""

    outcome: ProbeOutcome
    reason: str | None

    @property
    def is_definite_no(self) -> bool:
        """Whether the recording cannot be fetched however long one waits."""
        return self.outcome is ProbeOutcome.NO


async def probe_recording(client: OutboundClient, url: str, *, timeout_s: float = PROBE_TIMEOUT_S) -> ProbeVerdict:
    """Ask for the first bytes of `url` and judge by them, within `timeout_s` in all. Raises nothing.

    One ranged GET and no HEAD: signed URLs are often good for GET alone, and only content tells what a file is.
    """
    try:
        async with asyncio.timeout(timeout_s):
            return await _look(client, url)
    except TimeoutError:
        return _maybe("The recording's server did not answer in time.")
    except FetchFailed as failure:
        return _maybe(failure.message) if failure.cause in PASSING else _no(failure.message)


async def _look(client: OutboundClient, url: str) -> ProbeVerdict:
    async with client.get(url, headers={"range": f"bytes=0-{SNIFFED_BYTES - 1}"}) as response:
        if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return _no("The file is empty.")
        raise_for_status(response)
        content_type = response.headers.get("content-type")
        if not can_be_recording(content_type):
            return _no(f"The URL serves {content_type!r}, which is neither audio nor video.")
        first = bytearray()
        async for chunk in response.aiter_raw():
            first += chunk
            if len(first) >= SNIFFED_BYTES:
                break
    if not first:
        return _no("The file is empty.")
    if sniff(bytes(first)) is None:
        return _no("The file is in no known audio format; send WAV, MP3, MP4/M4A or OGG.")
    return ProbeVerdict(outcome=ProbeOutcome.YES, reason=None)


def _maybe(reason: str) -> ProbeVerdict:
    return ProbeVerdict(outcome=ProbeOutcome.MAYBE, reason=reason)


def _no(reason: str) -> ProbeVerdict:
    return ProbeVerdict(outcome=ProbeOutcome.NO, reason=reason)
