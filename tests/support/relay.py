"""A piece of network between two programs, which can be cut and mended."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]
BLOCK_BYTES = 64 * 1024


class Relay:
    """Passes TCP connections to its port on to wherever `connect` leads; while it is cut nobody gets through."""

    def __init__(self, connect: Callable[[], Awaitable[Ends]]) -> None:
        self._connect = connect
        self._server: asyncio.Server | None = None
        self._carried: set[asyncio.Task[None]] = set()
        self.port = 0

    async def mend(self) -> None:
        """Take connections, on the same port as before."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Break every connection and refuse new ones."""
        if self._server is not None:
            self._server.close()
        carried = list(self._carried)
        for connection in carried:
            connection.cancel()
        await asyncio.gather(*carried, return_exceptions=True)

    async def _carry(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carried.add(task)
        task.add_done_callback(self._carried.discard)
        writers = [to_near]
        try:
            far, to_far = await self._connect()
            writers.append(to_far)
            ways = [asyncio.create_task(_pump(*way)) for way in ((near, to_far), (far, to_near))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except (OSError, asyncio.CancelledError):
            return
        finally:
            for writer in writers:
                writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while block := await reader.read(BLOCK_BYTES):
        writer.write(block)
        await writer.drain()


@asynccontextmanager
async def running_relay(connect: Callable[[], Awaitable[Ends]]) -> AsyncIterator[Relay]:
    """Yield a relay that passes everything on, and cut it at the end."""
    relay = Relay(connect)
    await relay.mend()
    try:
        yield relay
    finally:
        await relay.cut()
