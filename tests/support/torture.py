"""Load while parts are killed at random or a disaster strikes: then everything that was acknowledged is counted.

`python -m tests.support.torture --rounds 20` (`make torture`); a shorter form runs with the tests.
"""

import argparse
import asyncio
import itertools
import random
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import httpx
import psutil
import psycopg
from standardwebhooks import Webhook as Receiver

from tests.support.disasters import DISASTERS, Impossible, MakeScene, Scene, undisturbed
from tests.support.otlp import body, span
from tests.support.recording_server import RecordingServer, Reply, SeenRequest, running_recording_server
from tests.support.service import API_KEY, Service, kill
from tests.support.stage_gate import wait_until
from tests.support.tones import tone_wav

POLL_S = 0.2
REST_S = 0.05
SPANS_PER_CALL = 5
FEWEST_REFUSALS = 3
SAID_BYTES = 128 * 1024
"""So much, which nothing compresses, is told by each span: more than a full disk finds room for."""
WAV = tone_wav(seconds=0.5)
HEADERS = {"authorization": f"Bearer {API_KEY}"}
PROTOBUF = {**HEADERS, "content-type": "application/x-protobuf"}
TRANSCRIPT = [
    {"role": "AGENT", "text": "Hello, how can I help?", "startOffsetMs": 0, "endOffsetMs": 200},
    {"role": "CUSTOMER", "text": "I lost my card.", "startOffsetMs": 250, "endOffsetMs": 450},
]
ALL_IS_DONE = (
    "SELECT count(*) = 0 FROM procrastinate_jobs WHERE status IN ('todo', 'doing', 'failed') "
    "AND task_name NOT IN ('event.expire', 'call.remove', 'retention.apply', 'trace.expire')"
)
RETRIES_DUE = "UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo' AND scheduled_at > now()"


def kill_worker(service: Service) -> None:
    kill(service.workers())


def kill_database(service: Service) -> None:
    database = service.database()
    if database is not None:
        kill([database])


def kill_server(service: Service) -> None:
    service.server.kill()
    service.wait()
    service.start()


def kill_everything(service: Service) -> None:
    # A database that was just killed may not be back yet.
    found = service.database()
    kill([*service.workers(), *([] if found is None else [found]), psutil.Process(service.server.pid)])
    service.wait()
    service.start()


KILLS: tuple[Callable[[Service], None], ...] = (kill_worker, kill_database, kill_server, kill_everything)


@dataclass
class Account:
    """What was acknowledged, and what the receiver of webhooks was told."""

    calls: dict[str, str] = field(default_factory=dict)
    """External id to call id."""
    spans: set[bytes] = field(default_factory=set)
    told: list[tuple[str, str]] = field(default_factory=list)
    """`webhook-id` and call id of each delivery, repeats included."""
    refused_count: int = 0
    """How often a sender got no answer, or was told to come back."""

    @property
    def summary(self) -> str:
        """Say what was counted."""
        messages = len(dict(self.told))
        return (
            f"{len(self.calls)} calls, {len(self.spans)} payloads of spans and {messages} webhook messages are there "
            f"exactly once; senders were turned away {self.refused_count} times, {len(self.told) - messages} messages "
            "came twice, under the same id."
        )


class Torture:
    """One installation under load."""

    def __init__(self, scene: Scene, receiver: RecordingServer, client: httpx.AsyncClient, *, seed: int) -> None:
        self.service = scene.service
        self._scene = scene
        self._client = client
        self.account = Account()
        self._receiver = receiver
        self._random = random.Random(seed)  # noqa: S311 - chooses victims
        self._changed = asyncio.Condition()
        self._allowed_count = 0
        self._secret = ""

    async def run_kills(self, *, rounds: int, calls_per_round: int) -> None:
        """Send, kill once a round, and return when every job has ended."""
        await self._begin()
        async with self._sending():
            for round_number in range(rounds):
                await self._allow(calls_per_round)
                await self._until(lambda sent=round_number * calls_per_round: len(self.account.calls) > sent)
                await asyncio.sleep(self._random.random() / 2)
                victim = self._random.choice(KILLS)
                say(f"round {round_number + 1}: {victim.__name__}")
                await asyncio.to_thread(victim, self.service)
        await asyncio.to_thread(self._wait_until_done)

    async def run_disaster(self, *, calls: int, lasts_s: float) -> None:
        """Send before, while and after the scene's disaster strikes, and return when every job has ended."""
        await self._begin()
        spared = self._scene.spared()
        async with self._sending():
            await self._allow(calls)
            await self._until(lambda: len(self.account.calls) >= 1)
            refused_count = self.account.refused_count
            await asyncio.gather(self._scene.strike(), self._allow(calls))
            if self._scene.felt is None:
                await self._send_until_refused(refused_count + FEWEST_REFUSALS, calls=calls)
            else:
                await asyncio.to_thread(self._wait_in_database, self._scene.felt)
            await asyncio.sleep(lasts_s)
            say("felt; over now")
            await self._scene.relieve()
        await asyncio.to_thread(self._wait_until_done)
        assert self._scene.spared() == spared

    def check(self) -> None:
        """Raise AssertionError unless all that was acknowledged is there exactly once, and every job ended."""
        with psycopg.connect(self._scene.database_url) as connection:
            stored = connection.execute("SELECT external_id, id FROM call").fetchall()
            analyses = connection.execute("SELECT call_id, status, reason FROM analysis").fetchall()
            recordings = connection.execute("SELECT call_id, object_key FROM recording").fetchall()
            spans = connection.execute("SELECT trace_id FROM span").fetchall()
            deliveries = connection.execute("SELECT call_id, status FROM webhook_delivery").fetchall()
        ids = Counter(external_id for external_id, _ in stored)
        assert {name: str(found) for name, found in stored if name in self.account.calls} == self.account.calls
        assert set(ids.values()) == {1}
        every_call = Counter(found for _, found in stored)
        assert Counter(found for found, _, _ in analyses) == every_call
        completed = Counter(found for found, status, _ in analyses if status == "COMPLETED")
        self._check_failures([str(reason) for _, status, reason in analyses if status != "COMPLETED"])
        assert Counter(found for found, _ in recordings) == every_call
        self._check_objects({key for _, key in recordings})
        found_spans = Counter(bytes(trace_id) for (trace_id,) in spans)
        assert self.account.spans <= found_spans.keys()
        assert set(found_spans.values()) == {1}
        assert Counter(found for found, _ in deliveries) == completed
        assert {status for _, status in deliveries} == {"DELIVERED"}
        messages = dict(self.account.told)
        assert Counter(UUID(found) for found in messages.values()) == completed

    def _check_failures(self, reasons: list[str]) -> None:
        expected = self._scene.failures
        assert len(reasons) == len(expected), reasons
        assert all(any(part in reason for reason in reasons) for part in expected), reasons

    def _check_objects(self, keys: set[str]) -> None:
        """Where recordings are files: each is there, whole, and nothing besides."""
        objects = self.service.data_dir / "objects"
        if objects.exists():
            files = (path for path in objects.rglob("*") if path.is_file())
            found = {str(path.relative_to(objects)): path.stat().st_size for path in files}
            assert found == dict.fromkeys(keys, len(WAV))

    async def _begin(self) -> None:
        self._receiver.serve("/call.wav", Reply(body=WAV))
        self._receiver.serve("/hook", self._take_event)
        await self._subscribe()

    @asynccontextmanager
    async def _sending(self) -> AsyncIterator[None]:
        """Send as much as is allowed, and return at the end when all of it is acknowledged."""
        async with asyncio.TaskGroup() as group:
            sending = (self._send_calls(0), self._send_calls(1), self._send_spans())
            senders = [group.create_task(each) for each in sending]
            yield
            await self._until(self._is_all_acknowledged)
            for sender in senders:
                sender.cancel()

    async def _send_until_refused(self, refused_count: int, *, calls: int) -> None:
        """Send more as long as all is taken: a full disk has room left in what the database reserved before."""
        while self.account.refused_count < refused_count:
            await self._until(lambda: self.account.refused_count >= refused_count or self._is_all_acknowledged())
            if self.account.refused_count < refused_count:
                await self._allow(calls)

    def _is_all_acknowledged(self) -> bool:
        spans_count = self._allowed_count * SPANS_PER_CALL
        return len(self.account.calls) == self._allowed_count and len(self.account.spans) == spans_count

    async def _subscribe(self) -> None:
        asked = {"url": self._receiver.url("/hook"), "events": ["CALL_ANALYSIS_COMPLETED"]}
        response = await self._post_until_answered("/v1/webhook", HEADERS, json=asked)
        self._secret = response.json()["data"]["signingSecret"]

    async def _allow(self, count: int) -> None:
        async with self._changed:
            self._allowed_count += count
            self._changed.notify_all()

    async def _until(self, holds: Callable[[], bool]) -> None:
        async with self._changed:
            await self._changed.wait_for(holds)

    async def _note(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _take_event(self, request: SeenRequest) -> Reply:
        event = Receiver(self._secret).verify(request.body, dict(request.headers))
        if self._random.random() < 0.2:  # one in five is refused, to be told again
            return Reply(status=500)
        self.account.told.append((request.headers["webhook-id"], event["data"]["callId"]))
        return Reply()

    async def _send_calls(self, first: int) -> None:
        for number in itertools.count(first, 2):
            await self._until(lambda wanted=number: wanted < self._allowed_count)
            name = f"call-{number}"
            call = {
                "recordingUrl": self._receiver.url("/call.wav"),
                "startedAt": "2026-01-31T09:30:00Z",
                "interfaceType": "PHONE",
                "callDirection": "INBOUND",
                "agent": {"name": "Desk"},
                "customer": {"phoneNumberE164": None},
                "transcript": TRANSCRIPT,
                "externalId": name,
            }
            response = await self._post_until_answered("/v1/call", HEADERS, json=call)
            self.account.calls[name] = response.json()["data"]["id"]
            await self._note()

    async def _send_spans(self) -> None:
        for number in itertools.count(1):
            await self._until(lambda wanted=number: wanted <= self._allowed_count * SPANS_PER_CALL)
            trace_id = number.to_bytes(16, "big")
            sent = span(number, trace_id=trace_id, attributes={"said": self._random.randbytes(SAID_BYTES).hex()})
            await self._post_until_answered("/v1/traces", PROTOBUF, content=body(sent))
            self.account.spans.add(trace_id)
            await self._note()

    async def _post_until_answered(self, path: str, headers: dict[str, str], **content: object) -> httpx.Response:
        """Send as clients do: again after a broken connection, or when told that something is away."""
        while True:
            try:
                url = self.service.address + path
                response = await self._client.post(url, headers=headers, **content)  # type: ignore[arg-type] # json or content
            except httpx.TransportError:
                response = None
            if response is not None and response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                assert response.is_success, response.text
                return response
            self.account.refused_count += 1
            await self._note()
            await asyncio.sleep(REST_S)

    def _wait_until_done(self) -> None:
        """Return once no job waits; retries are made due, for nobody waits a day."""
        self._wait_in_database(ALL_IS_DONE, before=RETRIES_DUE)

    def _wait_in_database(self, condition: str, *, before: str = "SELECT") -> None:
        """Return once an SQL condition holds, however often the database goes away meanwhile."""
        while True:
            try:
                with psycopg.connect(self._scene.database_url, autocommit=True) as connection:
                    connection.execute(before)
                    wait_until(connection, f"({condition})", timeout_s=2)
            except psycopg.Error:
                time.sleep(POLL_S)
                continue
            return


async def torture(scene_of: MakeScene, run: Callable[[Torture], Awaitable[None]], *, seed: int) -> Account:
    """Run and check one installation made for it; return the account. Raises Impossible."""
    # Not a directory that only root can reach: the database has an account of its own.
    with tempfile.TemporaryDirectory(prefix="callscope-torture-") as directory:
        async with (
            running_recording_server() as receiver,
            httpx.AsyncClient(timeout=30) as client,
            scene_of(Path(directory)) as scene,
        ):
            await asyncio.to_thread(scene.service.start)
            try:
                under = Torture(scene, receiver, client, seed=seed)
                await run(under)
                await asyncio.to_thread(under.check)
            finally:
                await asyncio.to_thread(scene.service.stop)
    return under.account


async def torture_by_kills(*, rounds: int, calls_per_round: int, seed: int) -> Account:
    """Kill something every round."""
    return await torture(
        undisturbed, lambda under: under.run_kills(rounds=rounds, calls_per_round=calls_per_round), seed=seed
    )


async def torture_by(disaster: str, *, calls: int, lasts_s: float, seed: int) -> Account:
    """Let a disaster strike that lasts until it is felt, and `lasts_s` more. Raises Impossible."""
    return await torture(DISASTERS[disaster], lambda under: under.run_disaster(calls=calls, lasts_s=lasts_s), seed=seed)


def say(line: str) -> None:
    """Tell what happens, for where it fails."""
    print(line, flush=True)  # noqa: T201 - a program


def main() -> None:
    """Run as many rounds as asked for, then each disaster, and print what was counted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="rounds of random kills")
    parser.add_argument("--calls", type=int, default=10, help="calls a round, and before and while a disaster strikes")
    parser.add_argument("--disaster", action="append", choices=list(DISASTERS), help="one of them (default: all)")
    parser.add_argument("--lasts-s", type=float, default=60, help="seconds a disaster lasts once it is felt")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))  # noqa: S311 - chooses victims
    arguments = parser.parse_args()
    say(f"seed {arguments.seed}")
    if arguments.rounds:
        kills = torture_by_kills(rounds=arguments.rounds, calls_per_round=arguments.calls, seed=arguments.seed)
        say(f"random kills: {asyncio.run(kills).summary}")
    for name in arguments.disaster or DISASTERS:
        struck = torture_by(name, calls=arguments.calls, lasts_s=arguments.lasts_s, seed=arguments.seed)
        try:
            say(f"{name}: {asyncio.run(struck).summary}")
        except Impossible as error:
            say(f"{name}: not run, {error}")


if __name__ == "__main__":
    main()
