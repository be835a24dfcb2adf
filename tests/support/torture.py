"""Load while parts are killed at random: then everything that was acknowledged is counted.

`python -m tests.support.torture --rounds 20` (`make torture`); a shorter form runs with the tests.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import httpx
import psutil
import psycopg
from standardwebhooks import Webhook as Receiver

from tests.support.otlp import body, span
from tests.support.recording_server import RecordingServer, Reply, SeenRequest, running_recording_server
from tests.support.service import API_KEY, Service, kill
from tests.support.stage_gate import wait_until
from tests.support.tones import tone_wav

POLL_S = 0.2
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


class Torture:
    """One installation under load."""

    def __init__(self, service: Service, receiver: RecordingServer, client: httpx.AsyncClient, *, seed: int) -> None:
        self.service = service
        self._client = client
        self.account = Account()
        self._receiver = receiver
        self._random = random.Random(seed)  # noqa: S311 - chooses victims
        self._grew = asyncio.Condition()
        self._secret = ""

    async def run(self, *, rounds: int, calls_per_round: int) -> None:
        """Send, kill once a round, and return when every job has ended."""
        self._receiver.serve("/call.wav", Reply(body=WAV))
        self._receiver.serve("/hook", self._take_event)
        await self._subscribe()
        total = rounds * calls_per_round
        senders = [
            asyncio.create_task(self._send_calls(range(0, total, 2))),
            asyncio.create_task(self._send_calls(range(1, total, 2))),
            asyncio.create_task(self._send_spans(total)),
        ]
        for round_number in range(rounds):
            await self._until_acknowledged(round_number * calls_per_round + 1)
            await asyncio.sleep(self._random.random() / 2)
            victim = self._random.choice(KILLS)
            print(f"round {round_number + 1}: {victim.__name__}", flush=True)  # noqa: T201 - says what happened where it fails
            await asyncio.to_thread(victim, self.service)
        await asyncio.gather(*senders)
        await asyncio.to_thread(self._wait_until_done)

    def check(self) -> None:
        """Raise AssertionError unless all that was acknowledged is there exactly once, and every job ended."""
        with psycopg.connect(self.service.database_url()) as connection:
            stored = connection.execute("SELECT external_id, id FROM call").fetchall()
            analyses = connection.execute("SELECT call_id, status FROM analysis").fetchall()
            recordings = connection.execute("SELECT call_id FROM recording").fetchall()
            spans = connection.execute("SELECT trace_id FROM span").fetchall()
            deliveries = connection.execute("SELECT call_id, status FROM webhook_delivery").fetchall()
        ids = Counter(external_id for external_id, _ in stored)
        assert {name: str(found) for name, found in stored if name in self.account.calls} == self.account.calls
        assert set(ids.values()) == {1}
        every_call = Counter(found for _, found in stored)
        assert Counter(found for found, _ in analyses) == every_call
        assert {status for _, status in analyses} == {"COMPLETED"}
        assert Counter(found for (found,) in recordings) == every_call
        found_spans = Counter(bytes(trace_id) for (trace_id,) in spans)
        assert self.account.spans <= found_spans.keys()
        assert set(found_spans.values()) == {1}
        assert Counter(found for found, _ in deliveries) == every_call
        assert {status for _, status in deliveries} == {"DELIVERED"}
        messages = dict(self.account.told)
        assert Counter(UUID(found) for found in messages.values()) == every_call

    async def _subscribe(self) -> None:
        asked = {"url": self._receiver.url("/hook"), "events": ["CALL_ANALYSIS_COMPLETED"]}
        response = await self._post_until_answered("/v1/webhook", HEADERS, json=asked)
        self._secret = response.json()["data"]["signingSecret"]

    async def _until_acknowledged(self, count: int) -> None:
        async with self._grew:
            await self._grew.wait_for(lambda: len(self.account.calls) >= count)

    def _take_event(self, request: SeenRequest) -> Reply:
        event = Receiver(self._secret).verify(request.body, dict(request.headers))
        if self._random.random() < 0.2:  # one in five is refused, to be told again
            return Reply(status=500)
        self.account.told.append((request.headers["webhook-id"], event["data"]["callId"]))
        return Reply()

    async def _send_calls(self, numbers: range) -> None:
        for number in numbers:
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
            async with self._grew:
                self.account.calls[name] = response.json()["data"]["id"]
                self._grew.notify_all()

    async def _send_spans(self, count: int) -> None:
        for number in range(1, count + 1):
            trace_id = number.to_bytes(16, "big")
            await self._post_until_answered("/v1/traces", PROTOBUF, content=body(span(number, trace_id=trace_id)))
            self.account.spans.add(trace_id)

    async def _post_until_answered(self, path: str, headers: dict[str, str], **content: object) -> httpx.Response:
        """Send as clients do: again after a broken connection, or when told that something is away."""
        while True:
            try:
                url = self.service.address + path
                response = await self._client.post(url, headers=headers, **content)  # type: ignore[arg-type] # json or content
            except httpx.TransportError:
                await asyncio.sleep(0.05)
                continue
            if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                assert response.is_success, response.text
                return response

    def _wait_until_done(self) -> None:
        """Return once no job waits; retries of webhooks are made due, for nobody waits a day."""
        while True:
            try:
                with psycopg.connect(self.service.database_url(), autocommit=True) as connection:
                    connection.execute(
                        "UPDATE procrastinate_jobs SET scheduled_at = NULL "
                        "WHERE status = 'todo' AND task_name = 'event.redeliver'"
                    )
                    wait_until(connection, f"({ALL_IS_DONE})", timeout_s=2)
            except psycopg.Error:
                time.sleep(POLL_S)
                continue
            return


async def torture(*, rounds: int, calls_per_round: int, seed: int) -> Account:
    """Run and check one installation made for it; return the account."""
    # Not a directory that only root can reach: the database has an account of its own.
    with tempfile.TemporaryDirectory(prefix="callscope-torture-") as directory:
        service = Service(Path(directory) / "data")
        async with running_recording_server() as receiver, httpx.AsyncClient(timeout=30) as client:
            await asyncio.to_thread(service.start)
            try:
                under = Torture(service, receiver, client, seed=seed)
                await under.run(rounds=rounds, calls_per_round=calls_per_round)
                await asyncio.to_thread(under.check)
            finally:
                await asyncio.to_thread(service.stop)
    return under.account


def main() -> None:
    """Run as many rounds as asked for and print what was counted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--calls", type=int, default=10, help="calls a round")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))  # noqa: S311 - chooses victims
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")  # noqa: T201 - a program
    account = asyncio.run(torture(rounds=arguments.rounds, calls_per_round=arguments.calls, seed=arguments.seed))
    repeats = len(account.told) - len(dict(account.told))
    print(  # noqa: T201 - a program
        f"{len(account.calls)} calls, {len(account.spans)} payloads of spans and {len(dict(account.told))} webhook "
        f"messages are there exactly once; {repeats} messages came twice, under the same id."
    )


if __name__ == "__main__":
    main()
