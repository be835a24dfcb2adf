"""A real server on a free loopback port, in a thread of this process."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from callscope.boot.app import create_app
from callscope.boot.settings import Settings
from callscope.boot.wiring import open_wiring


def listen() -> socket.socket:
    """Return a socket on a free loopback port, whose answers are sent at once as the product's are."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve `app` and yield its address. What its lifespan closes must belong to the server's event loop alone."""
    listener = listen()
    config = uvicorn.Config(app, log_level="warning", ws="none", timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    has_started = threading.Event()
    startup = server.startup

    async def startup_and_tell(sockets: list[socket.socket] | None = None) -> None:
        await startup(sockets=sockets)
        has_started.set()

    server.startup = startup_and_tell
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        if not has_started.wait(timeout=30):
            raise RuntimeError("the server did not start")
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        listener.close()


@contextmanager
def serving_service(settings: Settings, database_url: str) -> Iterator[str]:
    """Serve the whole application over a database, all of it on one event loop of its own, and yield its address."""
    listener = listen()
    has_started, should_stop = threading.Event(), threading.Event()

    async def serve() -> None:
        async with open_wiring(settings, database_url) as wiring:
            config = uvicorn.Config(create_app(wiring), log_level="warning", ws="none", timeout_graceful_shutdown=5)
            server = uvicorn.Server(config)
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            has_started.set()
            await asyncio.to_thread(should_stop.wait)
            server.should_exit = True
            await serving

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    try:
        if not has_started.wait(timeout=60):
            raise RuntimeError("the server did not start")
        # The listener queues whoever comes before the server accepts.
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        should_stop.set()
        thread.join(timeout=30)
        listener.close()
