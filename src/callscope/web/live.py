"""Pages that change while somebody looks: one listener for the whole server, one reading for all who watch a thing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from anyio import CancelScope
from psycopg import Error as DatabaseError

from callscope.storage.notifications import ChangedCall

log = structlog.get_logger(__name__)

Listen = Callable[[], AbstractAsyncContextManager[AsyncIterator[ChangedCall]]]
Read = Callable[[], Awaitable[bytes]]
Subject = tuple[UUID, UUID | None]
"""A project's call, or with None the project's calls as a whole."""

PAUSE_S = 0.25
"""Between two readings of one subject: what changes more often is read once."""
HEARTBEAT_S = 20.0
"""Silence on a stream after which a word is sent, so that nothing on the way takes it for dead."""
LONGEST_S = 600.0
"""A stream ends after so long, and the browser comes back: whoever may not see it any more is then turned away."""
RECONNECT_S = 1.0
HEARTBEAT = b": still here\n\n"


@dataclass(slots=True)
class _Topic:
    """What all watchers of a subject share: the newest content, and how often it was told to have changed."""

    told_count: int = 0
    read_count: int = -1
    content: bytes = b""
    watcher_count: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    def tell(self) -> None:
        """Wake every watcher."""
        self.told_count += 1
        self.changed.set()
        self.changed = asyncio.Event()

    async def newest(self, read: Read) -> bytes:
        """Return the content as of the last change, read once however many ask.

        A reading goes on though the watcher who began it leaves: others wait for it, and a statement cut short costs
        its connection.
        """
        async with self.reading:
            if self.read_count != self.told_count:
                told_count = self.told_count
                with CancelScope(shield=True):
                    self.content, self.read_count = await read(), told_count
            return self.content


class LiveChanges:
    """Hears of changed calls and passes the news on to whoever watches them."""

    def __init__(self, listen: Listen) -> None:
        self._listen = listen
        self._topics: dict[Subject, _Topic] = {}
        self._is_closed = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen until the block ends."""
        listening = asyncio.create_task(self._keep_listening())
        try:
            yield
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self._is_closed = True
        for topic in self._topics.values():
            topic.tell()

    async def stream(self, subject: Subject, read: Read) -> AsyncIterator[bytes]:
        """Yield server-sent events: the subject's content now, and whenever it is another, until the stream is old.

        `read` returns an event; watchers of one subject must read alike, for one of them reads for all.
        """
        topic = self._topics.setdefault(subject, _Topic())
        topic.watcher_count += 1
        try:
            async for event in self._events(topic, read):
                yield event
        finally:
            topic.watcher_count -= 1
            if topic.watcher_count == 0:
                self._topics.pop(subject, None)

    async def _events(self, topic: _Topic, read: Read) -> AsyncIterator[bytes]:
        clock = asyncio.get_running_loop().time
        ends_at, sent = clock() + LONGEST_S, b""
        while not self._is_closed and clock() < ends_at:
            changed, told_count = topic.changed, topic.told_count
            content = await topic.newest(read)
            yield content if content != sent else HEARTBEAT
            sent = content
            if topic.told_count == told_count:
                with suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), HEARTBEAT_S)
            await asyncio.sleep(PAUSE_S)

    def _pass_on(self, change: ChangedCall) -> None:
        for subject in ((change.project_id, change.call_id), (change.project_id, None)):
            topic = self._topics.get(subject)
            if topic is not None:
                topic.tell()

    async def _keep_listening(self) -> None:
        while True:
            try:
                async with self._listen() as changes:
                    # What changed while nobody listened is found by looking.
                    for topic in self._topics.values():
                        topic.tell()
                    async for change in changes:
                        self._pass_on(change)
            except DatabaseError as error:
                log.warning("live_changes_unheard", reason=str(error))
            await asyncio.sleep(RECONNECT_S)


def event(name: str, content: str) -> bytes:
    """Return a server-sent event; each line of the content is a line of data."""
    data = "".join(f"data: {line}\n" for line in content.splitlines())
    return f"event: {name}\n{data}\n".encode()
