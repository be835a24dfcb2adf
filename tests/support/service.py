"""A real `callscope serve` in processes of its own, to be killed."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil

from callscope.storage import embedded
from tests.support.secret_words import secrets_in

API_KEY = "rk_live_crash0test0crash0test0crash0test0crash0"
ANNOUNCEMENT = "Callscope answers at "
QUICK = {"CALLSCOPE_WORKER_HEARTBEAT_S": "0.2", "CALLSCOPE_WORKER_STALLED_AFTER_S": "1.5"}


class Service:
    """One installation: a data directory, and the processes that serve it while they live."""

    def __init__(self, data_dir: Path, environment: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self._environment = {
            **os.environ,
            **QUICK,
            "CALLSCOPE_DATA_DIR": str(data_dir),
            "CALLSCOPE_BOOTSTRAP_API_KEY": API_KEY,
            "CALLSCOPE_FETCH_ALLOW_NETWORKS": "127.0.0.0/8",
            **(environment or {}),
        }
        self._server: subprocess.Popen[str] | None = None
        self.address = ""

    @property
    def server(self) -> "subprocess.Popen[str]":
        assert self._server is not None
        return self._server

    def start(self) -> None:
        """Start everything and return once requests are answered."""
        with (self.data_dir.parent / "serve.log").open("a") as log:
            self._server = subprocess.Popen(
                [sys.executable, "-m", "callscope", "serve", "--port", "0"],
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        assert self._server.stdout is not None
        line = next((line for line in self._server.stdout if line.startswith(ANNOUNCEMENT)), None)
        assert line is not None, self.log()
        self.address = line.removeprefix(ANNOUNCEMENT).strip()

    def stop(self) -> int:
        """Ask the server to stop, as an operator does, and return its exit code."""
        self.server.terminate()
        return self.wait()

    def log(self) -> str:
        return (self.data_dir.parent / "serve.log").read_text()

    def workers(self) -> list[psutil.Process]:
        children = psutil.Process(self.server.pid).children()
        return [child for child in children if "worker" in child.cmdline()]

    def measuring(self) -> list[psutil.Process]:
        """Return the processes that deal with recordings now."""
        return [child for worker in self.workers() for child in working_apart(worker)]

    def database(self) -> psutil.Process | None:
        return embedded.running_server(self.data_dir)

    def kill_workers(self) -> None:
        """SIGKILL every worker and wait until they are gone."""
        kill(self.workers())

    def kill_everything(self) -> None:
        """SIGKILL the server, its workers and the database, as a power cut would."""
        database = self.database()
        assert database is not None
        victims = [*self.workers(), database, psutil.Process(self.server.pid)]
        kill(victims)
        self.wait()

    def wait(self) -> int:
        """Wait until the server has ended, and return its exit code."""
        assert self.server.stdout is not None
        self.server.stdout.close()
        exit_code = self.server.wait(timeout=30)
        assert secrets_in(self.log()) == []
        return exit_code

    def database_url(self) -> str:
        """Return the URL of the running database, for looking into it."""
        return embedded.url_of(self.data_dir)

    async def create_call(self, recording_url: str, **further: Any) -> str:
        """Send a call, again when told to as clients do, and return its id."""
        body = {
            "recordingUrl": recording_url,
            "startedAt": "2026-01-31T09:30:00Z",
            "interfaceType": "PHONE",
            "callDirection": "INBOUND",
            "agent": {"name": "Desk"},
            "customer": {"phoneNumberE164": None},
            **further,
        }
        async with httpx.AsyncClient(base_url=self.address, headers={"authorization": f"Bearer {API_KEY}"}) as client:
            response = await client.post("/v1/call", json=body, timeout=30)
            if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                response = await client.post("/v1/call", json=body, timeout=30)
        assert response.status_code == 201, response.text
        return str(response.json()["data"]["id"])


def working_apart(worker: psutil.Process) -> list[psutil.Process]:
    """Return the processes that work apart for one: they are forked from another that it keeps."""
    found = []
    for keeper in worker.children():
        with suppress(psutil.NoSuchProcess):
            found += [child for child in keeper.children() if child.status() != psutil.STATUS_ZOMBIE]
    return found


def kill(processes: Sequence[psutil.Process]) -> None:
    """SIGKILL processes at once and wait until they are gone."""
    for process in processes:
        process.suspend()
    for process in processes:
        process.kill()
    psutil.wait_procs(processes, timeout=10)
