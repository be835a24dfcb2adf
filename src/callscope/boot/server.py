"""`callscope serve` from start to end: database, migrations, HTTP server and workers, and all of them stopped again."""

import asyncio
import contextlib
import gc
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

import structlog
import uvicorn
from fastapi import FastAPI

from callscope.api.otlp_grpc import serving_otlp_grpc
from callscope.boot.app import create_app, trace_intake
from callscope.boot.database import keep_running, open_database
from callscope.boot.logging import configure_logging
from callscope.boot.settings import Settings
from callscope.boot.stopping import StopRequests
from callscope.boot.supervisor import WorkerSupervisor
from callscope.boot.tracing import open_tracing
from callscope.boot.wiring import Wiring, open_wiring
from callscope.core.errors import CallscopeError
from callscope.services import accounts
from callscope.storage import migrations

log = structlog.get_logger(__name__)

REQUESTS_GRACE_S = 15
ARRIVALS_GRACE_S = 0.3
"""Connections that were opened just before the signal are still accepted: they cannot know, and would be cut off."""
WORKERS_GRACE_S = 20.0
"""Both run at once; with the database's own few seconds, all is stopped within 30 s of SIGTERM."""

Announce = Callable[[str, str | None], None]
"""Told the address once the server answers, and while nobody runs the installation the link that makes who does."""


class AddressTaken(CallscopeError):
    """The server cannot listen where it was told to."""

    code = "address_taken"


def serve(settings: Settings, *, announce: Announce) -> None:
    """Run everything until SIGTERM or SIGINT; a second one kills what is left. Raises CallscopeError."""
    configure_logging(settings.log_format)
    stop_requests = StopRequests()
    with listening(settings) as listener, open_database(settings) as database_url:
        migrations.upgrade(database_url)
        asyncio.run(_serve(settings, database_url, listener, announce, stop_requests))


async def _serve(
    settings: Settings, database_url: str, listener: socket.socket, announce: Announce, stop_requests: StopRequests
) -> None:
    supervisor = WorkerSupervisor(settings.workers, _worker_environment(settings))
    async with (
        open_tracing(settings, "server") as tracers,
        open_wiring(settings, database_url, tracers=tracers) as wiring,
        _taking_otlp_grpc(settings, wiring),
    ):
        address, secret = _address(listener), await _first_link(wiring)
        setup = None if secret is None else f"{settings.public_url or address}/welcome/{secret}"
        app = create_app(wiring)
        server = _Server(_configuration(app), on_started=lambda: announce(address, setup))
        told_to_stop = stop_requests.told_in_loop(on_repeat=lambda: _hurry(server, supervisor))
        answering = asyncio.create_task(server.serve(sockets=[listener]))
        supervisor.start()
        watching = asyncio.create_task(keep_running(settings))
        waiting = asyncio.create_task(told_to_stop.wait())
        try:
            await asyncio.wait((answering, waiting), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            watching.cancel()
            app.state.pages.changes.close()
            log.info("server_stopping")
            await asyncio.gather(_stop_answering(server, answering), supervisor.stop(grace_s=WORKERS_GRACE_S))


async def _stop_answering(server: uvicorn.Server, answering: asyncio.Task[None]) -> None:
    await asyncio.wait((answering,), timeout=ARRIVALS_GRACE_S)
    server.should_exit = True
    await answering


async def _first_link(wiring: Wiring) -> str | None:
    async with wiring.sessions.begin() as session:
        return await accounts.first_link(session, now=wiring.clock.now())


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: signals stop the workers too, and must not end the process early."""

    def __init__(self, config: uvicorn.Config, *, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as uvicorn does, and say so."""
        await super().startup(sockets)
        # What exists by now stays: the collector need not walk all of it again and again.
        gc.freeze()
        self._on_started()


def _configuration(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        # Addresses hold signatures and search words.
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=REQUESTS_GRACE_S,
        timeout_keep_alive=30,
    )


@asynccontextmanager
async def _taking_otlp_grpc(settings: Settings, wiring: Wiring) -> AsyncIterator[None]:
    if settings.otlp_grpc_port is None:
        yield
        return
    address = f"{_spell_host(settings.host)}:{settings.otlp_grpc_port}"
    async with contextlib.AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(serving_otlp_grpc(trace_intake(wiring), address))
        except OSError as error:
            raise AddressTaken(
                f"Cannot take OTLP over gRPC on {address}. Stop what listens there, or choose another port with "
                "CALLSCOPE_OTLP_GRPC_PORT."
            ) from error
        yield


def _hurry(server: uvicorn.Server, supervisor: WorkerSupervisor) -> None:
    server.force_exit = True
    supervisor.kill()


@contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """Yield the socket that requests come to. Raises AddressTaken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with contextlib.ExitStack() as stack:
        try:
            listener = stack.enter_context(socket.create_server((settings.host, settings.port), family=family))
        except OSError as error:
            raise AddressTaken(
                f"Cannot listen on {settings.host}:{settings.port} ({error.strerror}). Stop what listens there, or "
                "choose another port with --port or CALLSCOPE_PORT."
            ) from error
        # asyncio asks for this only on sockets that name their protocol, which this one's do not. Without it an answer
        # in two pieces waits for the client's delayed acknowledgement of the first: 40 ms on every request.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{_spell_host(host)}:{port}"


def _spell_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _worker_environment(settings: Settings) -> Mapping[str, str]:
    """Return our environment with the settings that the command line may have changed."""
    return {**os.environ, "CALLSCOPE_DATA_DIR": str(settings.data_dir.absolute())}
