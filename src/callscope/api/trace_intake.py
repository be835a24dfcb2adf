"""How traces come in, whatever they travel on: key, pressure, payload, commit, and only then the answer."""

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.api.limits import RequestLimits, TokenBuckets, key_buckets, name_of_key
from callscope.core.clock import Clock
from callscope.core.errors import CallscopeError
from callscope.services import traces
from callscope.services.keys import authenticate
from callscope.storage.engine import SessionFactory
from callscope.traces.payload import MediaType, Payload

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

CREATE = "trace:create"
RETRY_AFTER_S = 5
PRESSURE_AGE_S = 0.5
READ_APART_BYTES = 64 * 1024
"""Larger payloads are read in a thread, so that other requests are answered meanwhile."""


class Overloaded(CallscopeError):
    """More traces wait to be read than the operator allows; the sender may come back."""

    code = "overloaded"

    def __init__(self) -> None:
        super().__init__(f"Too many traces wait to be read. Nothing was stored; send them again in {RETRY_AFTER_S} s.")


class TooMany(CallscopeError):
    """A key sends more requests than it may; the sender may come back after `wait_s`."""

    code = "rate_limited"

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"Rate limit exceeded. Nothing was stored; send the spans again in {wait_s} s.")
        self.wait_s = wait_s


@dataclass(slots=True, kw_only=True)
class Pressure:
    """How much waits to be read, looked up now and then: a request must not cost a sum over all that waits."""

    waiting_bytes: int = 0
    read_at_s: float = float("-inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceIntake:
    """Takes payloads of traces, put into `app.state.traces` once at start.

    `max_bytes` bounds a payload after inflating it, `max_waiting_bytes` what is stored and not read yet. `keys` counts
    the requests of each key, for the doors that the server's other limits do not stand before.
    """

    transactions: SessionFactory
    reads: SessionFactory
    clock: Clock
    max_bytes: int
    max_waiting_bytes: int
    keys: TokenBuckets = field(default_factory=lambda: key_buckets(RequestLimits().requests_per_minute))
    _pressure: Pressure = field(default_factory=Pressure)

    def count(self, plain_key: str) -> None:
        """Count a request of a key. Raises TooMany."""
        taken = self.keys.take(name_of_key(plain_key.encode()))
        if taken.deficit:
            raise TooMany(self.keys.wait_s(taken))

    async def take(self, plain_key: str, body: bytes, *, media_type: MediaType, encoding: str) -> Payload:
        """Store a payload and return what was understood of it once it is committed.

        Raises Unauthenticated, PermissionMissing, Overloaded, NotOtlp, PayloadTooLarge, UnsupportedMedia.
        """
        async with self.reads() as session:
            principal = await authenticate(session, plain_key, now=self.clock.now())
            principal.require(CREATE)
        return await self.take_for(principal.project_id, body, media_type=media_type, encoding=encoding)

    async def take_for(self, project_id: UUID, body: bytes, *, media_type: MediaType, encoding: str) -> Payload:
        """Store a payload of a project and return what was understood of it once it is committed.

        Raises Overloaded, NotOtlp, PayloadTooLarge, UnsupportedMedia.
        """
        async with self.reads() as session:
            await self._check_pressure(session)
        payload = await self._read(body, media_type, encoding)
        if payload.accepted_count:
            async with self.transactions.begin() as session:
                await traces.accept(
                    session,
                    project_id=project_id,
                    media_type=media_type,
                    encoding=encoding,
                    body=body,
                    now=self.clock.now(),
                )
        return payload

    async def _check_pressure(self, session: "AsyncSession") -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s - self._pressure.read_at_s > PRESSURE_AGE_S:
            self._pressure.read_at_s = now_s
            self._pressure.waiting_bytes = await traces.waiting_bytes(session)
        if self._pressure.waiting_bytes > self.max_waiting_bytes:
            raise Overloaded

    async def _read(self, body: bytes, media_type: MediaType, encoding: str) -> Payload:
        read = partial(
            traces.open_payload, body, media_type=media_type, encoding=encoding, max_inflated_bytes=self.max_bytes
        )
        return read() if len(body) < READ_APART_BYTES else await asyncio.to_thread(read)
