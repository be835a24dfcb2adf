"""Requests a second of `POST /v1/call` against a bare route, on one database, in one run.

The bare route is what one would write without a product around it: FastAPI validates the same body by the same model,
one row is inserted, and the transaction committed. Ours also checks the key, finds agent, endpoint and prompt, fixes
property types, stores participants, transcript, tools and the request as it came, and queues the first job. The look
at the recording's URL is left out of both: it is the sender's server that it waits for.

`python bench/ingest.py [--seconds 2.5] [--rounds 7] [--connections 32]`

So many connections keep the processor busy: with few, both routes mostly wait for the disk.
"""

import argparse
import asyncio
import gc
import json
import multiprocessing
import socket
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from uuid import UUID

import uvicorn
from fastapi import FastAPI, Request
from sqlalchemy import Column, LargeBinary, MetaData, Table, Text, insert
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.dialects.postgresql import UUID as POSTGRES_UUID

from callscope.api.context import ApiContext
from callscope.api.schemas.call_create import CallCreate
from callscope.boot.app import build_api
from callscope.core.clock import SystemClock
from callscope.core.ids import new_id
from callscope.core.judge import JudgeRules
from callscope.outbound.client import OutboundClient
from callscope.outbound.probe import ProbeOutcome, ProbeVerdict
from callscope.services.judging import Judge
from callscope.services.keys import create_key
from callscope.services.recent_keys import RecentKeys
from callscope.storage import embedded, migrations
from callscope.storage.engine import (
    create_engine,
    create_sync_engine,
    is_reachable,
    read_session_factory,
    session_factory,
)
from callscope.storage.statements import Statements

BAR = 0.5
MAX_BODY_BYTES = 16 * 1024**2
EXTERNAL_ID = "external-id-of-36-characters-0000000"
bare_call = Table(
    "bare_call",
    MetaData(),
    Column("id", POSTGRES_UUID(), primary_key=True),
    Column("external_id", Text(), unique=True),
    Column("started_at", TIMESTAMP(timezone=True)),
    Column("body", LargeBinary()),
)


def call_body() -> bytes:
    """Return a call such as a voice agent sends it: 30 turns, 3 tool invocations, 5 properties."""
    turns = [
        {
            "role": "CUSTOMER" if index % 2 else "AGENT",
            "text": "I would like to move my appointment to Friday afternoon, if that is possible.",
            "startOffsetMs": index * 4000,
            "endOffsetMs": index * 4000 + 3500,
        }
        for index in range(30)
    ]
    tools = [
        {
            "name": "find_slot",
            "parameters": {"day": "Friday", "doctor": {"type": "string", "value": "Dr. Adams", "description": "Name"}},
            "result": {"slots": ["14:00", "15:30"]},
            "startOffsetMs": 9000 + index,
            "endOffsetMs": 9800 + index,
        }
        for index in range(3)
    ]
    body = {
        "recordingUrl": "https://recordings.example/call.wav",
        "startedAt": "2026-01-31T09:30:00Z",
        "interfaceType": "PHONE",
        "callDirection": "INBOUND",
        "externalId": EXTERNAL_ID,
        "agent": {
            "name": "Frontdesk",
            "customId": "frontdesk",
            "endpoint": {"type": "phone", "value": "+14155550100"},
            "prompt": {"resolvedPrompt": "You answer the phone of a doctor's office. " * 40},
        },
        "customer": {"phoneNumberE164": "+14155550199", "label": "speaker-01"},
        "transcript": turns,
        "toolInvocations": tools,
        "properties": {"planTier": "gold", "seats": 3, "isTrial": False, "region": "eu", "version": "1.4.2"},
        "endedStatus": "CUSTOMER_ENDED_CALL",
    }
    return json.dumps(body).encode()


def bare_app(database_url: str) -> FastAPI:
    """Return the route to compare with."""
    app = FastAPI()
    sessions = session_factory(create_engine(database_url))

    @app.post("/v1/call", status_code=201)
    async def create(body: CallCreate, request: Request) -> dict[str, UUID]:
        call_id = new_id()
        async with sessions.begin() as session:
            row = {"id": call_id, "external_id": body.external_id, "started_at": body.started_at}
            await session.execute(insert(bare_call).values(**row, body=await request.body()))
        return {"id": call_id}

    return app


def our_app(database_url: str) -> FastAPI:
    """Return our API, which takes every recording's URL for good."""

    async def say_yes(_url: str) -> ProbeVerdict:
        return ProbeVerdict(outcome=ProbeOutcome.YES, reason=None)

    engine = create_engine(database_url)
    statements = Statements(engine)
    context = ApiContext(
        transactions=session_factory(engine),
        reads=read_session_factory(engine),
        statements=statements,
        recent_keys=RecentKeys(),
        probe_recording=say_yes,
        sign_recording_url=lambda _request, _recording_id: "",
        is_database_reachable=partial(is_reachable, engine),
        clock=SystemClock(),
        version="bench",
        judge=Judge(OutboundClient(), JudgeRules()),
    )

    @asynccontextmanager
    async def as_when_served(_: FastAPI) -> AsyncIterator[None]:
        gc.freeze()
        async with statements.wake_ups.running(statements):
            yield

    return build_api(context, max_body_bytes=MAX_BODY_BYTES, lifespan=as_when_served)


APPS = {"bare": bare_app, "ours": our_app}


def serve(name: str, database_url: str, listener: socket.socket) -> None:
    """Serve one of the apps on `listener` until killed."""
    app = APPS[name](database_url)
    uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listener])


@contextmanager
def serving(name: str, database_url: str) -> Iterator[int]:
    """Run one of the apps in a process of its own and yield its port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(name, database_url, listener))
    process.start()
    try:
        yield listener.getsockname()[1]
    finally:
        process.terminate()
        process.join()
        listener.close()


class Load:
    """Sends calls over keep-alive connections as fast as they are answered."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._template = call_body()
        self._numbers = count()

    async def requests_per_s(self, port: int, *, connections: int, seconds: float) -> float:
        """Return how many calls a second were taken."""
        deadline = time.perf_counter() + seconds
        started = time.perf_counter()
        counts = await asyncio.gather(*(self._send_until(port, deadline) for _ in range(connections)))
        return sum(counts) / (time.perf_counter() - started)

    async def _send_until(self, port: int, deadline: float) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answered = 0
        while time.perf_counter() < deadline:
            writer.write(self._request())
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            body = await reader.readexactly(int(length.split(b":")[1]))
            if b" 201 " not in head[:16]:
                raise RuntimeError(f"{head[:32]!r} {body[:500]!r}")
            answered += 1
        writer.close()
        await writer.wait_closed()
        return answered

    def _request(self) -> bytes:
        body = self._template.replace(EXTERNAL_ID.encode(), f"{next(self._numbers):036d}".encode())
        head = (
            "POST /v1/call HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n"
            f"authorization: Bearer {self._key}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


async def make_key(database_url: str) -> str:
    """Make the key that the load is sent with."""
    engine = create_engine(database_url)
    async with session_factory(engine).begin() as session:
        created = await create_key(session, project_name="bench", name="bench")
    await engine.dispose()
    return created.plain_key


def measure(database_url: str, *, rounds: int, connections: int, seconds: float) -> dict[str, list[float]]:
    """Return the requests a second of each app in each round, rounds taken in turns."""
    load = Load(asyncio.run(make_key(database_url)))
    rates: dict[str, list[float]] = {name: [] for name in APPS}
    with serving("bare", database_url) as bare_port, serving("ours", database_url) as our_port:
        ports = {"bare": bare_port, "ours": our_port}
        for port in ports.values():
            asyncio.run(load.requests_per_s(port, connections=connections, seconds=2))
        for _ in range(rounds):
            for name, port in ports.items():
                rate = asyncio.run(load.requests_per_s(port, connections=connections, seconds=seconds))
                rates[name].append(rate)
                print(f"{name:5} {rate:8.0f} requests/s", flush=True)
    return rates


def main() -> None:
    """Measure and print the ratio."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("--seconds", type=float, default=2.5)
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--connections", type=int, default=32)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="callscope-bench-") as directory:
        database = embedded.start(Path(directory))
        try:
            migrations.upgrade(database.url)
            bare_call.metadata.create_all(create_sync_engine(database.url))
            rates = measure(
                database.url, rounds=options.rounds, connections=options.connections, seconds=options.seconds
            )
        finally:
            database.stop()
    bare, ours = (statistics.median(rates[name]) for name in ("bare", "ours"))
    # Within a round the two ran side by side in time: what else the machine does weighs on both alike.
    ratio = statistics.median(our / one for one, our in zip(rates["bare"], rates["ours"], strict=True))
    print(f"body {len(call_body())} bytes; bare {bare:.0f}/s, ours {ours:.0f}/s: ratio {ratio:.2f} (bar {BAR})")


if __name__ == "__main__":
    main()
