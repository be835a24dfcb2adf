"""Spans a second, accepted and queryable, against arize-phoenix fed by the same exporter on the same disk.

    python bench/traces.py [--spans 20480] [--peer-python /path/to/python] [--overload-s 600]

The peer lives in an environment of its own (`python -m venv .venv-phoenix && .venv-phoenix/bin/pip install
arize-phoenix`); it takes minutes to show what it has acknowledged. Both are killed with SIGKILL in the middle of
a second load; what they had acknowledged and do not have afterwards is their loss. Then more is sent to Callscope than
it can drain, for as long as `--overload-s` says: what it refuses is counted, and its memory must stay where it was.
"""

import argparse
import contextlib
import itertools
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

SPANS_PER_BATCH = 512
KEY = "rk_live_bench0traces0bench0traces0bench0traces0"
WAIT_S = 300.0
FEEDERS = 4
SAMPLE_S = 1.0
MEMORY_BAR = 1.2
"""Anonymous memory in the last third of an overload against the second: the first warms up."""
MEBIBYTE = 1024 * 1024
ANNOUNCEMENT = "Callscope answers at "
COUNT_QUERY = "{ projects { edges { node { recordCount } } } }"


@dataclass
class Peer:
    """A server under load: where it is, how to feed it, how many spans it can show."""

    name: str
    process: "subprocess.Popen[str]"
    url: str
    headers: dict[str, str]

    def count(self) -> int:
        """Return how many spans can be queried."""
        if self.name == "callscope":
            count, after = 0, None
            while True:
                parameters = {"limit": "100", **({"after": after} if after else {})}
                answer = httpx.get(f"{self.url}/v1/trace", params=parameters, headers=self.headers, timeout=60).json()
                count += sum(trace["spanCount"] for trace in answer["data"])
                after = answer["pagination"]["nextCursor"]
                if after is None:
                    return count
        answer = httpx.post(f"{self.url}/graphql", json={"query": COUNT_QUERY}, timeout=60).json()
        return sum(edge["node"]["recordCount"] for edge in answer["data"]["projects"]["edges"])


def batches(count: int) -> list[Sequence[ReadableSpan]]:
    """Return spans as a voice agent has them, one trace a batch."""
    found = []
    for number in range(count // SPANS_PER_BATCH):
        memory = InMemorySpanExporter()
        provider = TracerProvider(resource=Resource.create({"service.name": "desk", "roark.external_id": f"c{number}"}))
        provider.add_span_processor(SimpleSpanProcessor(memory))
        tracer = provider.get_tracer("bench")
        with tracer.start_as_current_span("call"):
            for index in range(SPANS_PER_BATCH - 1):
                attributes = {
                    "gen_ai.operation.name": "chat",
                    "gen_ai.request.model": "small",
                    "gen_ai.usage.input_tokens": index,
                    "output": "It arrives on Friday. " * 4,
                }
                tracer.start_span("llm", attributes=attributes).end()
        found.append(memory.get_finished_spans())
    return found


def feed(peer: Peer, load: Sequence[Sequence[ReadableSpan]]) -> int:
    """Send batches one after another until one is refused, and return how many spans were acknowledged."""
    exporter = OTLPSpanExporter(
        endpoint=f"{peer.url}/v1/traces", headers=peer.headers, compression=Compression.Gzip, timeout=60
    )
    acknowledged = 0
    for batch in load:
        if exporter.export(batch) is not SpanExportResult.SUCCESS:
            break
        acknowledged += len(batch)
    return acknowledged


def wait_for(peer: Peer, count: int) -> int:
    """Return the number of spans that can be queried once it is `count`, or once the wait is over."""
    deadline = time.monotonic() + WAIT_S
    seen = peer.count()
    while seen < count and time.monotonic() < deadline:
        time.sleep(0.2)
        seen = peer.count()
    return seen


@contextlib.contextmanager
def callscope(directory: Path) -> Iterator[Peer]:
    """Serve Callscope with its embedded database in a directory."""
    environment = {**os.environ, "CALLSCOPE_DATA_DIR": str(directory), "CALLSCOPE_BOOTSTRAP_API_KEY": KEY}
    command = [sys.executable, "-m", "callscope", "serve", "--port", "0"]
    with running(command, environment, directory) as process:
        assert process.stdout is not None
        line = next(line for line in process.stdout if line.startswith(ANNOUNCEMENT))
        url = line.removeprefix(ANNOUNCEMENT).strip()
        yield Peer(name="callscope", process=process, url=url, headers={"authorization": f"Bearer {KEY}"})


@contextlib.contextmanager
def phoenix(directory: Path, python: str) -> Iterator[Peer]:
    """Serve the peer with its database (SQLite on disk, its default) in a directory."""
    ports = [str(free_port()), str(free_port())]
    environment = {
        **os.environ,
        "PHOENIX_WORKING_DIR": str(directory),
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": ports[0],
        "PHOENIX_GRPC_PORT": ports[1],
        "PHOENIX_TELEMETRY_ENABLED": "false",
    }
    with running([python, "-m", "phoenix.server.main", "serve"], environment, directory) as process:
        peer = Peer(name="arize-phoenix", process=process, url=f"http://127.0.0.1:{ports[0]}", headers={})
        deadline = time.monotonic() + WAIT_S
        while True:
            try:
                peer.count()
            except (httpx.TransportError, ValueError, KeyError):
                assert time.monotonic() < deadline, "the peer does not answer"
                time.sleep(0.5)
            else:
                break
        yield peer


@contextlib.contextmanager
def running(command: list[str], environment: dict[str, str], directory: Path) -> Iterator["subprocess.Popen[str]"]:
    """Run a server in a process group of its own and end the group."""
    directory.mkdir(exist_ok=True)
    with (directory / "server.log").open("a") as log:
        process = subprocess.Popen(  # noqa: S603 - our own arguments
            command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True
        )
    try:
        if "phoenix" in " ".join(command):
            threading.Thread(target=process.communicate, daemon=True).start()
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=40)
        kill_group(process)


def kill_group(process: "subprocess.Popen[str]") -> None:
    """SIGKILL a server with all its processes."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=30)


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def measure(name: str, directory: Path, python: str, load: Sequence[Sequence[ReadableSpan]]) -> float:
    """Print what one server does and loses; return spans a second until all can be queried."""

    def serve() -> contextlib.AbstractContextManager[Peer]:
        return callscope(directory) if name == "callscope" else phoenix(directory, python)

    total = sum(len(batch) for batch in load)
    with serve() as peer:
        began = time.monotonic()
        acknowledged = feed(peer, load)
        accepted_s = time.monotonic() - began
        seen = wait_for(peer, acknowledged)
        queryable_s = time.monotonic() - began
    rate = seen / queryable_s
    print(
        f"{name}: {acknowledged} of {total} spans acknowledged at {acknowledged / accepted_s:,.0f} spans/s, "
        f"{seen} queryable at {rate:,.0f} spans/s"
    )
    return rate


def measure_loss(name: str, directory: Path, python: str, load: Sequence[Sequence[ReadableSpan]]) -> None:
    """Kill a server in the middle of a load, start it again, and print what of the acknowledged is not there."""

    def serve() -> contextlib.AbstractContextManager[Peer]:
        return callscope(directory) if name == "callscope" else phoenix(directory, python)

    with serve() as peer:
        before = peer.count()
        half = feed(peer, load[: len(load) // 2])
        kill_group(peer.process)
    with serve() as peer:
        seen = wait_for(peer, before + half) if name == "callscope" else settled(peer)
    print(f"{name}: killed after acknowledging {half} spans; {max(0, before + half - seen)} of them lost")


def overload(directory: Path, load: Sequence[Sequence[ReadableSpan]], duration_s: float) -> bool:
    """Send the same payloads over and over, faster than they are drained; return whether memory stayed flat."""
    payloads = [encode_spans(batch).SerializeToString() for batch in load]
    counts = {"taken": 0, "refused": 0}
    sizes: list[int] = []
    ended = threading.Event()

    def feed_one(peer: Peer) -> None:
        with httpx.Client(headers={**peer.headers, "content-type": "application/x-protobuf"}, timeout=60) as client:
            for payload in itertools.cycle(payloads):
                if ended.is_set():
                    return
                status = client.post(f"{peer.url}/v1/traces", content=payload).status_code
                counts["taken" if status == httpx.codes.OK else "refused"] += 1

    with callscope(directory) as peer:
        feeders = [threading.Thread(target=feed_one, args=(peer,)) for _ in range(FEEDERS)]
        for feeder in feeders:
            feeder.start()
        deadline = time.monotonic() + duration_s
        while time.monotonic() < deadline:
            time.sleep(SAMPLE_S)
            sizes.append(anonymous_bytes(peer.process.pid))
        ended.set()
        for feeder in feeders:
            feeder.join()
    third = max(1, len(sizes) // 3)
    middle, last = max(sizes[third : 2 * third]), max(sizes[2 * third :])
    sent = counts["taken"] * SPANS_PER_BATCH
    print(
        f"overload of {duration_s:.0f} s: {sent:,} spans acknowledged at {sent / duration_s:,.0f} spans/s, "
        f"{counts['refused']} payloads told to come back; memory {middle / MEBIBYTE:.0f} MiB in the second third, "
        f"{last / MEBIBYTE:.0f} in the last: ratio {last / middle:.2f} (bar {MEMORY_BAR})"
    )
    return last / middle <= MEMORY_BAR


def anonymous_bytes(root_pid: int) -> int:
    """Return the memory of a process and all its descendants that no file or shared segment backs."""
    parents: dict[int, int] = {}
    sizes: dict[int, int] = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
            pid = int(status.parent.name)
            parents[pid] = int(fields["PPid"])
            sizes[pid] = int(fields.get("RssAnon", "0 kB").split()[0]) * 1024
    return sum(size for pid, size in sizes.items() if root_pid in ancestry(pid, parents))


def ancestry(pid: int, parents: Mapping[int, int]) -> list[int]:
    """Return a process and those it descends from."""
    found = [pid]
    while parents.get(found[-1]):
        found.append(parents[found[-1]])
    return found


def settled(peer: Peer) -> int:
    """Return what can be queried once it has not changed for some seconds."""
    seen, same = -1, 0
    while same < 5:
        time.sleep(1.0)
        count = peer.count()
        same = same + 1 if count == seen else 0
        seen = count
    return seen


def main() -> int:
    """Run both servers and print the ratio; exit with 1 when memory grew under the overload."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=20_480)
    parser.add_argument("--peer-python", default=os.environ.get("CALLSCOPE_PHOENIX_PYTHON"))
    parser.add_argument("--overload-s", type=float, default=20.0, help="how long to send too much; ten minutes: 600")
    arguments = parser.parse_args()
    names = ["callscope", *(["arize-phoenix"] if arguments.peer_python else [])]
    rates = {}
    with tempfile.TemporaryDirectory(prefix="callscope-bench-") as directory:
        for name in names:
            place = Path(directory) / name
            rates[name] = measure(name, place, arguments.peer_python, batches(arguments.spans))
            measure_loss(name, place, arguments.peer_python, batches(arguments.spans // 4))
        is_flat = overload(Path(directory) / "overload", batches(arguments.spans // 8), arguments.overload_s)
    if len(rates) > 1:
        print(f"ratio: {rates['callscope'] / rates['arize-phoenix']:.1f} (at least 5 wanted)")
    return 0 if is_flat else 1


if __name__ == "__main__":
    sys.exit(main())
