"""Start Callscope with example calls: everything goes through the command line and the public API, as a user's would.

Second runs find their calls by external id and send only what is missing. Ctrl-C stops the server and its database.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

HERE = Path(__file__).parent
ROOT = HERE.parent
DATA_DIR = ROOT / ".demo"
START_TIMEOUT_S = 90
ANALYSIS_TIMEOUT_S = 600
STOP_TIMEOUT_S = 40
FINISHED = {"COMPLETED", "FAILED", "CANCELLED"}

console = Console()


class DemoFailed(Exception):
    """The demo cannot go on; the message says why and what to do."""


class QuietFiles(SimpleHTTPRequestHandler):
    """Serves the example recordings without a line per request on the terminal."""

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name the base class gives it
        """Say nothing."""


class PatientServer(ThreadingHTTPServer):
    """Does not mind a client that has read enough: Callscope looks at the first bytes before it takes a call."""

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the base class's own types
        """Report what went wrong unless the client merely hung up."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def recordings_served() -> Iterator[str]:
    """Serve `demo/recordings` on a free loopback port, as a team's own storage would; yield the address."""
    handler = partial(QuietFiles, directory=str(HERE / "recordings"))
    server = PatientServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def callscope_served(port: int) -> Iterator[str]:
    """Run `callscope serve` on its own data directory; yield its address once it is healthy, stop it in the end."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise DemoFailed(
                f"Port {port} is taken by another program. Stop it, or choose another: make demo DEMO_PORT=8001"
            ) from None
    DATA_DIR.mkdir(exist_ok=True)
    log_path = DATA_DIR / "server.log"
    command = [*callscope(), "serve", "--port", str(port), "--data-dir", str(DATA_DIR)]
    # The example recordings lie on this machine, which the fetcher refuses to reach unless it is told so.
    environment = {**os.environ, "CALLSCOPE_FETCH_ALLOW_NETWORKS": "127.0.0.0/8"}
    with log_path.open("w") as log:
        # A session of its own: the terminal's Ctrl-C reaches the demo alone, which then stops the server in order.
        server = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)  # noqa: S603
    address = f"http://127.0.0.1:{port}"
    try:
        with console.status("Starting Callscope and its database"):
            wait_until_healthy(address, server, log_path)
        yield address
    finally:
        console.print("Stopping Callscope and its database")
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)


def callscope() -> list[str]:
    """Return the command that runs the `callscope` of this environment."""
    return [str(Path(sys.executable).parent / "callscope")]


def wait_until_healthy(address: str, server: "subprocess.Popen[bytes]", log_path: Path) -> None:
    """Return once `/health` answers; raise `DemoFailed` with the log's end when the server dies or stays silent."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            if httpx.get(f"{address}/health", timeout=2).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    tail = "\n".join(log_path.read_text(errors="replace").splitlines()[-25:])
    raise DemoFailed(f"Callscope did not start. The end of {log_path}:\n{tail}")


def demo_key(address: str) -> str:
    """Return the key of the demo project: the one of the last run when it still works, else a new one."""
    kept = DATA_DIR / "api-key"
    if kept.exists():
        key = kept.read_text().strip()
        answer = httpx.get(f"{address}/v1/call", params={"limit": 1}, headers=bearer(key), timeout=30)
        if answer.status_code == httpx.codes.OK:
            return key
    command = [*callscope(), "key", "create", "--project", "demo", "--json"]
    environment = {**os.environ, "CALLSCOPE_DATA_DIR": str(DATA_DIR)}
    made = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)  # noqa: S603
    if made.returncode != 0:
        raise DemoFailed(f"No API key could be made: {made.stderr.strip()}")
    key = str(json.loads(made.stdout)["key"])
    kept.touch(mode=0o600)
    kept.write_text(key + "\n")
    return key


def bearer(key: str) -> dict[str, str]:
    """Return the header that carries the key."""
    return {"Authorization": f"Bearer {key}"}


def stored_calls(client: httpx.Client) -> dict[str, str]:
    """Return the ids of the project's calls by external id."""
    ids: dict[str, str] = {}
    after: str | None = None
    while True:
        page = client.get("/v1/call", params={"limit": 100, **({"after": after} if after else {})}).raise_for_status()
        body = page.json()
        ids |= {call["externalId"]: call["id"] for call in body["data"] if call.get("externalId")}
        after = body["pagination"]["nextCursor"]
        if not body["pagination"]["hasMore"] or after is None:
            return ids


def request_body(example: dict[str, Any], recordings_url: str, now: datetime) -> dict[str, Any]:
    """Return the `POST /v1/call` body of an example: its file becomes a URL, its age a start time."""
    body = dict(example)
    body["recordingUrl"] = f"{recordings_url}/{body.pop('recording')}"
    body["startedAt"] = (now - timedelta(hours=body.pop("startedHoursAgo"))).isoformat()
    return body


def send_calls(client: httpx.Client, recordings_url: str, progress: Progress) -> list[str]:
    """Create the example calls that are not there yet; return the ids of all of them."""
    examples = json.loads((HERE / "calls.json").read_text())
    known = stored_calls(client)
    task = progress.add_task("Sending calls", total=len(examples))
    ids = []
    for example in examples:
        if example["externalId"] not in known:
            answer = client.post("/v1/call", json=request_body(example, recordings_url, datetime.now(UTC)))
            if answer.is_error:
                raise DemoFailed(f"{example['externalId']} was refused: {answer.status_code} {answer.text}")
            known[example["externalId"]] = answer.json()["data"]["id"]
        ids.append(known[example["externalId"]])
        progress.advance(task)
    return ids


def send_traces(client: httpx.Client, call_ids: list[str], progress: Progress) -> None:
    """Send each call's telemetry that is not there yet by OTLP, as its agent would have while it spoke."""
    task = progress.add_task("Sending traces", total=len(call_ids))
    for call_id in call_ids:
        call = client.get(f"/v1/call/{call_id}").raise_for_status().json()["data"]
        path = HERE / "traces" / f"{call['externalId'].removeprefix('demo-')}.json"
        if path.exists():
            trace = json.loads(path.read_text())
            trace_id = trace["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["traceId"]
            if client.get(f"/v1/trace/{trace_id}").status_code == httpx.codes.NOT_FOUND:
                client.post("/v1/traces", json=started_at(trace, call["startedAt"])).raise_for_status()
        progress.advance(task)


def started_at(trace: dict[str, Any], moment: str) -> dict[str, Any]:
    """Return an OTLP request whose times count from the start of a call with the times of that start added."""
    start_ns = round(datetime.fromisoformat(moment).timestamp() * 1000) * 1_000_000
    for resource in trace["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for name in ("startTimeUnixNano", "endTimeUnixNano"):
                    span[name] = str(int(span[name]) + start_ns)
    return trace


def wait_until_analysed(client: httpx.Client, call_ids: list[str], progress: Progress) -> None:
    """Return once every call's analysis has ended; name the calls that failed, with the reason."""
    task = progress.add_task("Listening to them", total=len(call_ids))
    waiting = list(call_ids)
    deadline = time.monotonic() + ANALYSIS_TIMEOUT_S
    while waiting:
        if time.monotonic() > deadline:
            raise DemoFailed(f"{len(waiting)} calls were not analysed in time; see {DATA_DIR / 'server.log'}")
        for call_id in list(waiting):
            analysis = client.get(f"/v1/call/{call_id}/analysis").raise_for_status().json()["data"]
            if analysis["status"] in FINISHED:
                waiting.remove(call_id)
                progress.advance(task)
            if analysis["status"] == "FAILED":
                progress.console.print(f"[yellow]{call_id}: {analysis['reason']}[/]")
        if waiting:
            time.sleep(0.2)


def analysed_calls(address: str, key: str, recordings_url: str) -> list[str]:
    """Return the ids of the example calls once they are there and analysed, showing progress meanwhile."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with httpx.Client(base_url=address, headers=bearer(key), timeout=60) as client, Progress(*columns) as progress:
        call_ids = send_calls(client, recordings_url, progress)
        send_traces(client, call_ids, progress)
        wait_until_analysed(client, call_ids, progress)
    return call_ids


def print_welcome(address: str, key: str, recordings_url: str) -> None:
    """Print where to look, and two snippets that work as pasted while the demo runs."""
    body = {
        "recordingUrl": f"{recordings_url}/double-charge.ogg",
        "startedAt": datetime.now(UTC).isoformat(timespec="seconds"),
        "interfaceType": "PHONE",
        "callDirection": "INBOUND",
        "agent": {"name": "Billing desk"},
    }
    console.rule("[bold]Callscope is running")
    console.print(f"\n  Pages    {address}   (sign in with the key)\n  API key  {key}\n", highlight=False)
    console.print("Send a call with curl:\n", style="bold")
    print(
        f"curl -s {address}/v1/call -H 'Authorization: Bearer {key}' \\\n"
        f"  -H 'Content-Type: application/json' -d '{json.dumps(body)}'\n"
    )
    console.print("Or with the official Roark SDK, unchanged but for the base URL:\n", style="bold")
    print(f"""{sys.executable} - <<'PYTHON'
from roark_analytics import Roark

client = Roark(bearer_token="{key}", base_url="{address}")
call = client.call.create(
    recording_url="{body["recordingUrl"]}",
    started_at="{body["startedAt"]}",
    interface_type="PHONE",
    call_direction="INBOUND",
    agent={{"name": "Billing desk"}},
)
print("{address}/calls/" + call.data.id)
PYTHON
""")
    console.print("Ctrl-C stops everything this started.", style="dim")


def stop_on(signal_number: int, _frame: FrameType | None) -> None:
    """Turn a request to end into the interrupt that unwinds the demo in order."""
    raise KeyboardInterrupt(signal_number)


def run(port: int, *, exit_when_ready: bool) -> None:
    """Bring the demo up, tell how to use it, and stay until interrupted."""
    with recordings_served() as recordings_url, callscope_served(port) as address:
        key = demo_key(address)
        analysed_calls(address, key, recordings_url)
        print_welcome(address, key, recordings_url)
        sys.stdout.flush()
        if not exit_when_ready:
            signal.pause()


def main() -> None:
    """Parse the command line, run the demo, and turn expected failures into a message and status 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, default=8000, help="port of the pages and the API")
    parser.add_argument("--exit-when-ready", action="store_true", help="stop again once every call is analysed")
    arguments = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop_on)
    try:
        run(arguments.port, exit_when_ready=arguments.exit_when_ready)
    except DemoFailed as failure:
        console.print(f"[red]{failure}[/]", highlight=False)
        sys.exit(1)
    except KeyboardInterrupt:
        console.print("Stopped.")


if __name__ == "__main__":
    main()
