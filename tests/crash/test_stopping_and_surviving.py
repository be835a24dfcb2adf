"""Graceful stops, deaths of single parts, and what is left behind: nothing."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from tests.crash.test_killed_in_a_stage import WAV, assert_no_job_is_left, create, wait_until_final
from tests.support.recording_server import RecordingServer, Reply
from tests.support.service import API_KEY, Service

pytestmark = pytest.mark.slow


def family(service: Service) -> list[psutil.Process]:
    """Return every process of an installation."""
    database = service.database()
    assert database is not None
    server = psutil.Process(service.server.pid)
    return [server, *server.children(recursive=True), database, *database.children()]


async def status_of(service: Service, call_id: str) -> str:
    with psycopg.connect(service.database_url()) as connection:
        row = connection.execute("SELECT status FROM analysis WHERE call_id = %s", [call_id]).fetchone()
    assert row is not None
    return str(row[0])


async def test_a_database_that_dies_alone_is_revived_and_the_call_completes(
    service: Service, recordings: RecordingServer
) -> None:
    hold = asyncio.Event()
    call_id = await create(service, recordings)
    recordings.serve("/call.wav", Reply(body=WAV, hold=hold))
    database = service.database()
    assert database is not None

    database.kill()
    hold.set()
    await asyncio.to_thread(wait_for_new_database, service, database)
    await wait_until_final(service, call_id)

    assert await status_of(service, call_id) == "COMPLETED"
    await asyncio.to_thread(assert_no_job_is_left, service)


def wait_for_new_database(service: Service, old: psutil.Process) -> None:
    """Return once a server other than `old` takes connections."""
    while True:
        found = service.database()
        if found is None or found == old:
            continue
        try:
            psycopg.connect(service.database_url()).close()
        except psycopg.OperationalError:
            continue
        return


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_in_the_middle_of_work_leaves_nothing_running_and_loses_nothing(
    service: Service, recordings: RecordingServer, number: signal.Signals
) -> None:
    hold = asyncio.Event()
    call_id = await create(service, recordings)
    recordings.serve("/call.wav", Reply(body=WAV, hold=hold))
    processes = family(service)

    service.server.send_signal(number)
    exit_code = await asyncio.to_thread(service.wait)

    assert exit_code == 0
    _, alive = psutil.wait_procs(processes, timeout=1)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []
    hold.set()
    await asyncio.to_thread(service.start)
    await wait_until_final(service, call_id)
    assert await status_of(service, call_id) == "COMPLETED"


async def test_workers_end_with_a_server_that_is_killed_and_stop_the_database(
    service: Service, recordings: RecordingServer
) -> None:
    call_id = await create(service, recordings)
    await wait_until_final(service, call_id)
    workers = service.workers()
    assert workers

    service.server.kill()
    await asyncio.to_thread(service.wait)
    await asyncio.to_thread(wait_until_all_is_gone, service, workers)

    assert service.database() is None
    await asyncio.to_thread(service.start)


def wait_until_all_is_gone(service: Service, workers: list[psutil.Process]) -> None:
    psutil.wait_procs(workers, timeout=30)
    database = service.database()
    if database is not None:
        database.wait(timeout=60)


async def test_a_second_server_on_the_port_says_what_to_do(service: Service) -> None:
    port = httpx.URL(service.address).port

    second = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "callscope", "serve", "--port", str(port), "--data-dir", str(service.data_dir)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert second.returncode == 1
    assert "--port" in second.stderr
    assert "Traceback" not in second.stderr
    assert service.database() is not None


async def test_logs_hold_ids_and_no_words_numbers_or_secrets(service: Service, recordings: RecordingServer) -> None:
    url = recordings.serve("/call.wav", Reply(body=WAV))
    call_id = await service.create_call(
        f"{url}?X-Signature=very-secret-signature",
        customer={"phoneNumberE164": "+14155550100"},
        transcript=[{"role": "AGENT", "text": "unmistakable words", "startOffsetMs": 0, "endOffsetMs": 900}],
    )

    await wait_until_final(service, call_id)

    log = service.log() + database_log(service.data_dir)
    assert call_id in log
    for secret in ("very-secret-signature", "+14155550100", "unmistakable", API_KEY):
        assert secret not in log


def database_log(data_dir: Path) -> str:
    return "".join(path.read_text() for path in (data_dir / "postgres" / "log").iterdir())
