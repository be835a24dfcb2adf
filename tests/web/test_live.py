"""Pages that change while somebody looks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from anyio import CancelScope

from callscope.core.ids import new_id
from callscope.storage import notifications
from callscope.storage.engine import SessionFactory
from callscope.storage.notifications import ChangedCall, listening
from callscope.web.live import LiveChanges, event

PROJECT, CALL = new_id(), new_id()


class Wire:
    """Changes as a test tells them."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[ChangedCall] = asyncio.Queue()

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[AsyncIterator[ChangedCall]]:
        async def changes() -> AsyncIterator[ChangedCall]:
            while True:
                yield await self.told.get()

        yield changes()

    def tell(self, call_id: UUID = CALL) -> None:
        self.told.put_nowait(ChangedCall(project_id=PROJECT, call_id=call_id))


class Content:
    """Says what a test sets, and counts how often it is read."""

    def __init__(self) -> None:
        self.text = "first"
        self.read_count = 0

    async def __call__(self) -> bytes:
        self.read_count += 1
        return event("content", self.text)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callscope.web.live.PAUSE_S", 0)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def changes(wire: Wire) -> AsyncIterator[LiveChanges]:
    changes = LiveChanges(wire.listen)
    async with changes.running():
        yield changes


async def test_a_watcher_sees_what_is_there_and_what_changes(changes: LiveChanges, wire: Wire) -> None:
    content = Content()
    stream = changes.stream((PROJECT, CALL), content)
    assert await anext(stream) == b"event: content\ndata: first\n\n"

    content.text = "second\nline"
    wire.tell()

    assert await next_content(stream) == b"event: content\ndata: second\ndata: line\n\n"


async def test_many_watchers_cost_one_reading_a_change(changes: LiveChanges, wire: Wire) -> None:
    content = Content()
    streams = [changes.stream((PROJECT, CALL), content) for _ in range(50)]
    await asyncio.gather(*(anext(stream) for stream in streams))
    read_before = content.read_count

    content.text = "second"
    wire.tell()
    await asyncio.gather(*(next_content(stream) for stream in streams))

    assert content.read_count - read_before <= 2


async def test_a_reading_goes_on_when_the_watcher_who_began_it_leaves(changes: LiveChanges) -> None:
    begun, may_end, begun_count = asyncio.Event(), asyncio.Event(), 0

    async def read() -> bytes:
        nonlocal begun_count
        begun_count += 1
        begun.set()
        await may_end.wait()
        return event("content", "first")

    leaving = CancelScope()

    async def watch_and_leave() -> None:
        with leaving:
            async for _ in changes.stream((PROJECT, CALL), read):
                pass

    watching = asyncio.create_task(watch_and_leave())
    await begun.wait()
    staying = asyncio.create_task(anext(changes.stream((PROJECT, CALL), read)))
    leaving.cancel()
    await asyncio.sleep(0)
    may_end.set()
    await watching

    assert leaving.cancelled_caught
    assert await staying == b"event: content\ndata: first\n\n"
    assert begun_count == 1


async def test_what_others_watch_is_not_read(changes: LiveChanges, wire: Wire) -> None:
    content, listed = Content(), Content()
    stream, listing = changes.stream((PROJECT, CALL), content), changes.stream((PROJECT, None), listed)
    await anext(stream)
    await anext(listing)
    read_count, listed.text = content.read_count, "another call"

    wire.tell(new_id())

    assert await next_content(listing) == b"event: content\ndata: another call\n\n"
    assert content.read_count == read_count


async def test_streams_end_when_the_server_stops(changes: LiveChanges) -> None:
    stream = changes.stream((PROJECT, CALL), Content())
    await anext(stream)
    changes.close()

    assert [one async for one in stream if not one.startswith(b":")] == []


async def test_a_commit_is_heard_and_a_rollback_is_not(sessions: SessionFactory, database_url: str) -> None:
    async with listening(database_url) as heard:
        async with sessions() as session:
            await notifications.tell(session, PROJECT, new_id())
            await session.rollback()
        async with sessions.begin() as session:
            await notifications.tell(session, PROJECT, CALL)
        assert await anext(heard) == ChangedCall(project_id=PROJECT, call_id=CALL)


async def next_content(stream: AsyncIterator[bytes]) -> bytes:
    return await anext(one async for one in stream if not one.startswith(b":"))
