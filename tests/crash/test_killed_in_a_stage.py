"""SIGKILL in every stage: of the worker, and of server, workers and database at once. The call completes, once."""

import asyncio
from collections.abc import Callable
from typing import Any

import psutil
import psycopg
import pytest
from psycopg.rows import dict_row

from callscope.core.analysis import Stage
from tests.support.recording_server import RecordingServer, Reply
from tests.support.service import Service, kill
from tests.support.stage_gate import gate_at, open_every_gate, wait_until
from tests.support.tones import tone_wav

pytestmark = pytest.mark.slow

WAV_S = 30
WAV = tone_wav(seconds=WAV_S)
TRANSCRIPT = [
    {"role": "AGENT", "text": "Hello, how can I help?", "startOffsetMs": 0, "endOffsetMs": 1000},
    {"role": "CUSTOMER", "text": "I lost my card.", "startOffsetMs": 1500, "endOffsetMs": 2500},
]


def kill_worker(service: Service) -> None:
    service.kill_workers()


def kill_all(service: Service) -> None:
    service.kill_everything()
    service.start()


KILLS = [pytest.param(kill_worker, id="worker"), pytest.param(kill_all, id="everything")]


async def wait_until_final(service: Service, call_id: str) -> None:
    def wait() -> None:
        with psycopg.connect(service.database_url(), autocommit=True) as connection:
            wait_until(
                connection,
                "SELECT count(*) = 1 FROM analysis "  # noqa: S608 - an id of our own
                f"WHERE call_id = '{call_id}' AND status IN ('COMPLETED', 'FAILED', 'CANCELLED')",
            )

    await asyncio.to_thread(wait)


def assert_done_once(service: Service, call_id: str) -> dict[str, Any]:
    """Check that everything of the call is there exactly once and nothing is left to do, and return its values."""
    with psycopg.connect(service.database_url(), row_factory=dict_row) as connection:

        def rows(query: str) -> list[dict[str, Any]]:
            return connection.execute(query, {"call_id": call_id}).fetchall()

        (analysis,) = rows("SELECT status, stage, reason FROM analysis WHERE call_id = %(call_id)s")
        assert analysis == {"status": "COMPLETED", "stage": "conclude", "reason": None}
        (recording,) = rows("SELECT object_key, size_bytes FROM recording WHERE call_id = %(call_id)s")
        assert recording["size_bytes"] == len(WAV)
        assert len(rows("SELECT 1 FROM recording_analysis WHERE call_id = %(call_id)s")) == 1
        assert len(rows("SELECT 1 FROM conversation WHERE call_id = %(call_id)s")) <= 1
        (call,) = rows("SELECT duration_ms FROM call WHERE id = %(call_id)s")
        assert call["duration_ms"] == WAV_S * 1000
        values = rows(
            "SELECT slug, role, context, ordinal, state, value FROM metric_value WHERE call_id = %(call_id)s "
            "ORDER BY slug, role, context, ordinal"
        )
    objects = [path for path in (service.data_dir / "objects").rglob(f"*{call_id}*/recordings/*") if path.is_file()]
    assert [str(path.relative_to(service.data_dir / "objects")) for path in objects] == [recording["object_key"]]
    keys = [(value["slug"], value["role"], value["context"], value["ordinal"]) for value in values]
    assert len(keys) == len(set(keys)) > 0
    return {"values": values}


def assert_no_job_is_left(service: Service) -> None:
    with psycopg.connect(service.database_url(), autocommit=True) as connection:
        # The end of the last job is recorded just after its results.
        wait_until(connection, "SELECT count(*) = 0 FROM procrastinate_jobs")


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, Any]:
    """What a call nobody disturbed came to; filled by the first test."""
    return {}


async def create(service: Service, recordings: RecordingServer, reply: Reply | None = None) -> str:
    url = recordings.serve("/call.wav", reply or Reply(body=WAV))
    return await service.create_call(url, transcript=TRANSCRIPT)


async def test_an_undisturbed_call_completes(
    service: Service, recordings: RecordingServer, undisturbed: dict[str, Any]
) -> None:
    call_id = await create(service, recordings)

    await wait_until_final(service, call_id)

    undisturbed.update(assert_done_once(service, call_id))
    assert_no_job_is_left(service)


async def test_a_worker_at_work_stands_behind_server_and_database(
    service: Service, recordings: RecordingServer
) -> None:
    await wait_until_final(service, await create(service, recordings))

    server, database, (worker,) = psutil.Process(service.server.pid), service.database(), service.workers()
    assert database is not None
    assert worker.nice() > server.nice() == database.nice()


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("kill_parts", KILLS)
async def test_a_stage_that_was_about_to_commit_is_done_again_and_counts_once(
    service: Service,
    recordings: RecordingServer,
    undisturbed: dict[str, Any],
    stage: Stage,
    kill_parts: Callable[[Service], None],
) -> None:
    with gate_at(service.database_url(), stage) as gate:
        call_id = await create(service, recordings)
        await asyncio.to_thread(gate.wait_until_reached)
        await asyncio.to_thread(kill_parts, service)
    open_every_gate(service.database_url())

    await wait_until_final(service, call_id)

    assert assert_done_once(service, call_id) == undisturbed
    assert_no_job_is_left(service)


@pytest.mark.parametrize("kill_parts", KILLS)
async def test_killed_in_the_middle_of_a_download(
    service: Service,
    recordings: RecordingServer,
    undisturbed: dict[str, Any],
    kill_parts: Callable[[Service], None],
) -> None:
    hold = asyncio.Event()
    call_id = await create(service, recordings)
    recordings.serve("/call.wav", Reply(body=WAV, hold=hold))
    recordings.started.clear()
    await recordings.started.wait()

    await asyncio.to_thread(kill_parts, service)
    hold.set()
    await wait_until_final(service, call_id)

    assert assert_done_once(service, call_id) == undisturbed
    assert_no_job_is_left(service)


@pytest.mark.parametrize("kill_parts", KILLS)
async def test_killed_while_the_recording_is_measured(
    service: Service,
    recordings: RecordingServer,
    undisturbed: dict[str, Any],
    kill_parts: Callable[[Service], None],
) -> None:
    call_id = await create(service, recordings)
    child = await asyncio.to_thread(measuring_child, service)
    child.suspend()

    await asyncio.to_thread(kill_parts, service)
    if child.is_running():
        # It was stopped before it had asked to be told of its parent's death; now it finds out by itself.
        child.resume()
    psutil.wait_procs([child], timeout=30)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    await wait_until_final(service, call_id)

    assert assert_done_once(service, call_id) == undisturbed
    assert_no_job_is_left(service)


async def test_a_measuring_process_that_is_killed_does_not_take_its_worker_along(
    service: Service, recordings: RecordingServer
) -> None:
    (worker,) = service.workers()
    call_id = await create(service, recordings)
    kill([await asyncio.to_thread(measuring_child, service)])

    await wait_until_final(service, call_id)

    assert service.workers() == [worker]
    with psycopg.connect(service.database_url()) as connection:
        row = connection.execute("SELECT status, reason FROM analysis WHERE call_id = %s", [call_id]).fetchone()
    assert row is not None
    assert row[0] == "FAILED"
    assert "SIGKILL" in str(row[1])


def measuring_child(service: Service) -> psutil.Process:
    """Return the process that measures, once there is one."""
    while True:
        for child in service.measuring():
            return child
