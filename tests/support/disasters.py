"""What may happen around an installation: each disaster makes one, strikes when asked to, and is over when asked to."""

import asyncio
import os
import resource
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg

from callscope.storage import embedded
from tests.support.relay import running_relay
from tests.support.s3_server import running_s3
from tests.support.service import Service, kill

DISK_BYTES = 256 * 1024**2
BALLAST_BLOCKS_BYTES = (1024**2, 4096)
SMALLEST_RECORDING_BYTES = 4096
FAKETIME = tuple(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
JUMP_S = 2 * 3600
PATIENCE_S = 15
"""What measuring may take where it is frozen: far more than half a second of sound takes on a busy machine."""
POLL_S = 0.02

Act = Callable[[], Awaitable[None]]


class Impossible(Exception):
    """This machine has no way to bring the disaster about; the message says what is missing."""


async def nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """An installation and what is going to happen to it.

    `felt` is an SQL condition that holds once the disaster has had an effect that only the database tells of; without
    one, senders are turned away. `failures` are the reasons, each of one call, with which analyses are to fail.
    """

    service: Service
    database_url: str
    strike: Act
    relieve: Act = nothing
    felt: str | None = None
    failures: tuple[str, ...] = ()
    spared: Callable[[], object] = field(default=lambda: None)
    """What the disaster must not change."""


MakeScene = Callable[[Path], AbstractAsyncContextManager[Scene]]
"""Makes an installation in a directory of its own."""


@asynccontextmanager
async def undisturbed(directory: Path) -> AsyncIterator[Scene]:
    """An installation on its own."""
    service = Service(directory / "data")
    yield Scene(service=service, database_url=embedded.url_of(service.data_dir), strike=nothing)


@asynccontextmanager
async def database_away(directory: Path) -> AsyncIterator[Scene]:
    """The operator's database, on the other side of a network that breaks."""
    database = await asyncio.to_thread(embedded.start, directory / "database")
    socket_path = str(directory / "database" / "postgres" / embedded.SOCKET_NAME)
    try:
        async with running_relay(lambda: asyncio.open_unix_connection(socket_path)) as relay:
            url = f"postgresql://{embedded.SUPERUSER}@127.0.0.1:{relay.port}/{embedded.DATABASE}"
            service = Service(directory / "data", {"CALLSCOPE_DATABASE_URL": url})
            yield Scene(service=service, database_url=database.url, strike=relay.cut, relieve=relay.mend)
    finally:
        await asyncio.to_thread(database.stop)


@asynccontextmanager
async def object_store_away(directory: Path) -> AsyncIterator[Scene]:
    """A bucket on the other side of a network that breaks."""
    with running_s3(directory) as store:
        there = urlsplit(store["AWS_ENDPOINT"])
        async with running_relay(lambda: asyncio.open_connection(there.hostname, there.port)) as relay:
            service = Service(directory / "data", {**store, "AWS_ENDPOINT": f"http://127.0.0.1:{relay.port}"})
            yield Scene(
                service=service,
                database_url=embedded.url_of(service.data_dir),
                strike=relay.cut,
                relieve=relay.mend,
                felt=STAGES_POSTPONED,
            )


STAGES_POSTPONED = "SELECT count(*) > 0 FROM analysis WHERE attempt_count > 0"


@asynccontextmanager
async def disk_full(directory: Path) -> AsyncIterator[Scene]:
    """A small file system that something else fills; without the right to mount one, workers that may not write."""
    if os.geteuid() != 0:
        async with files_too_large(directory) as scene:
            yield scene
        return
    with _mounted(directory / "data", size_bytes=DISK_BYTES) as disk:
        service, ballast = Service(disk), disk / "ballast"
        yield Scene(
            service=service,
            database_url=embedded.url_of(service.data_dir),
            strike=lambda: asyncio.to_thread(_fill, ballast),
            relieve=lambda: asyncio.to_thread(ballast.unlink),
        )


@contextmanager
def _mounted(place: Path, *, size_bytes: int) -> Iterator[Path]:
    place.mkdir()
    subprocess.run(
        ["/usr/bin/mount", "-t", "tmpfs", "-o", f"size={size_bytes},mode=0755", "tmpfs", str(place)], check=True
    )
    try:
        yield place
    finally:
        # Lazily: a process that is just ending may still stand in it.
        subprocess.run(["/usr/bin/umount", "--lazy", str(place)], check=True)


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        for block_bytes in BALLAST_BLOCKS_BYTES:
            try:
                while file.write(bytes(block_bytes)):
                    pass
            except OSError:
                continue


@asynccontextmanager
async def files_too_large(directory: Path) -> AsyncIterator[Scene]:
    """A store that takes no file the size of a recording."""
    service = Service(directory / "data")

    def limit(size_bytes: int) -> None:
        for worker in service.workers():
            resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (size_bytes, resource.RLIM_INFINITY))

    yield Scene(
        service=service,
        database_url=embedded.url_of(service.data_dir),
        strike=lambda: asyncio.to_thread(limit, SMALLEST_RECORDING_BYTES),
        relieve=lambda: asyncio.to_thread(limit, resource.RLIM_INFINITY),
        felt=STAGES_POSTPONED,
    )


@asynccontextmanager
async def clock_jump(directory: Path) -> AsyncIterator[Scene]:
    """Clocks of server and workers jump ahead and back; each time the database's makes all workers look dead."""
    library = next(iter(FAKETIME), None)
    if library is None:
        raise Impossible("libfaketime is missing, which makes clocks jump: sudo apt-get install libfaketime")
    offset = directory / "offset"
    offset.write_text("+0")
    environment = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DISABLE_SHM": "1",
    }
    service = Service(directory / "data", environment)

    async def jump(seconds: int) -> None:
        offset.write_text(f"{seconds:+d}")
        await asyncio.to_thread(_age_heartbeats, service.database_url())

    yield Scene(
        service=service,
        database_url=embedded.url_of(service.data_dir),
        strike=lambda: jump(JUMP_S),
        relieve=lambda: jump(0),
        felt=f"SELECT max(created_at) > now() + interval '{JUMP_S // 2} seconds' FROM call",  # noqa: S608 - a constant
    )


def _age_heartbeats(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 hour'")


@asynccontextmanager
async def poison_recording(directory: Path) -> AsyncIterator[Scene]:
    """One recording that a decoder never comes to an end with, and one that the kernel ends it over."""
    service = Service(directory / "data", {"CALLSCOPE_ANALYSIS_TIMEOUT_S": str(PATIENCE_S)})

    async def poison() -> None:
        frozen = await asyncio.to_thread(_catch_measuring, service)
        await asyncio.to_thread(frozen.wait)
        ended = await asyncio.to_thread(_catch_measuring, service)
        await asyncio.to_thread(kill, [ended])

    yield Scene(
        service=service,
        database_url=embedded.url_of(service.data_dir),
        strike=poison,
        felt="SELECT count(*) = 2 FROM analysis WHERE status = 'FAILED'",
        failures=(f"Measuring the recording took longer than {PATIENCE_S} s", "ended with the process that did it"),
        spared=lambda: [worker.pid for worker in service.workers()],
    )


def _catch_measuring(service: Service) -> psutil.Process:
    """Freeze the next process that measures a recording, and return it."""
    while True:
        for child in service.measuring():
            with suppress(psutil.NoSuchProcess):
                child.suspend()
                return child


DISASTERS: dict[str, MakeScene] = {
    "database-away": database_away,
    "object-store-away": object_store_away,
    "disk-full": disk_full,
    "clock-jump": clock_jump,
    "poison-recording": poison_recording,
}
