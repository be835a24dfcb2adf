import asyncio
import socket

import pytest

from callscope.boot.server import AddressTaken, listening
from callscope.boot.settings import Settings


async def test_no_piece_of_an_answer_waits_for_the_one_before() -> None:
    accepted: asyncio.Future[socket.socket] = asyncio.get_running_loop().create_future()

    async def note(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.set_result(writer.get_extra_info("socket"))
        await accepted_was_seen.wait()
        writer.close()

    accepted_was_seen = asyncio.Event()
    with listening(Settings(port=0)) as listener:
        server = await asyncio.start_server(note, sock=listener)
        async with server:
            _, writer = await asyncio.open_connection(*listener.getsockname()[:2])
            connection = await accepted
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
            accepted_was_seen.set()
            writer.close()


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(AddressTaken, match=str(port)), listening(Settings(port=port)):
            pass
