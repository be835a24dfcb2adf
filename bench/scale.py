"""How the list of calls answers a project of a million, against one of ten thousand, in one run.

Both projects have the same spread of agents, lengths, properties, words and transcripts (`tests/support/many_calls.py`)
in databases of their own on one embedded server. Every question goes through the services, as the API asks it, without
HTTP.

`python bench/scale.py [--calls 1000000] [--rounds 15] [--keep DIRECTORY]` prints medians and their ratio; the bar is 3.
It also has every statement of the large project explained: one that reads a tenth of a table of calls in sequence fails
the run. The planner may begin to: where one call in ten matches, a thousand are soon met. With `--keep` the
databases stay in that directory, and a run that was broken off goes on from where it was.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import make_url

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the builders of the tests make the calls

from callscope.storage import embedded, migrations  # noqa: E402 - after the path is set
from callscope.storage.engine import create_engine, read_session_factory  # noqa: E402
from callscope.storage.tables import load_metadata  # noqa: E402
from tests.support.call_questions import plans_of, questions, sequences_in  # noqa: E402
from tests.support.many_calls import COLUMNS, copy_calls, id_of, make_agents  # noqa: E402

BAR = 3.0
SMALL = 10_000
CALLS_PER_COMMIT = 50_000
PROJECT_ID = id_of(8, 0)
TABLES = list(COLUMNS)
UNLOADED = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid = ANY(%s::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""
"""Indexes that can be dropped and made again: those that no constraint rests on."""

Report = Callable[[str], None]


def fill(server_url: str, name: str, count: int) -> tuple[str, UUID]:
    """Make a database of that many calls, or finish one that was begun; return its address and the project's id."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        if not connection.execute("SELECT true FROM pg_database WHERE datname = %s", (name,)).fetchone():
            connection.execute(f"CREATE DATABASE {name}".encode())
    url = make_url(server_url).set(database=name).render_as_string(hide_password=False)
    migrations.upgrade(url)
    started = time.perf_counter()

    def report(what: str) -> None:
        print(f"{name}: {what} after {time.perf_counter() - started:.0f} s", flush=True)

    with psycopg.connect(url, autocommit=True) as connection, room_for_logs(connection):
        begin(connection)
        load(connection, count, report)
    make_indexes(url, report)
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("SELECT true FROM bench_load WHERE NOT is_ready").fetchone():
            connection.execute("VACUUM (ANALYZE)")
            connection.execute("UPDATE bench_load SET is_ready = true")
    report(f"{count:,} calls ready")
    return url, PROJECT_ID


@contextmanager
def room_for_logs(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Let the server write less often to disk meanwhile."""
    connection.execute("ALTER SYSTEM SET max_wal_size = '16GB'")
    connection.execute("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        connection.execute("ALTER SYSTEM RESET max_wal_size")
        connection.execute("SELECT pg_reload_conf()")


def begin(connection: psycopg.Connection[Any]) -> None:
    """Note what is to be made again after loading, and drop it: an index is made faster than it grows."""
    if connection.execute("SELECT to_regclass('bench_load')").fetchone() != (None,):
        return
    with connection.transaction():
        connection.execute("CREATE TABLE bench_load (loaded_count int, is_ready bool)")
        connection.execute("CREATE TABLE bench_index (name text, definition text)")
        connection.execute(f"INSERT INTO bench_index {UNLOADED}".encode(), (TABLES,))
        for (index,) in connection.execute("SELECT name FROM bench_index").fetchall():
            connection.execute(f"DROP INDEX {index}".encode())
        connection.execute("INSERT INTO project (id, name) VALUES (%s, 'bench')", (PROJECT_ID,))
        make_agents(connection, PROJECT_ID)
        connection.execute("INSERT INTO bench_load VALUES (0, false)")


def load(connection: psycopg.Connection[Any], count: int, report: Report) -> None:
    """Write the calls that are not there yet, a stretch a commit. What they refer to is there: nobody need look."""
    connection.execute("SET session_replication_role = replica")
    connection.execute("SET synchronous_commit = off")
    row = connection.execute("SELECT loaded_count FROM bench_load").fetchone()
    assert row is not None
    for start in range(row[0], count, CALLS_PER_COMMIT):
        until = min(start + CALLS_PER_COMMIT, count)
        with connection.transaction():
            copy_calls(connection, PROJECT_ID, range(start, until))
            connection.execute("UPDATE bench_load SET loaded_count = %s", (until,))
        report(f"{until:,} calls written")


def make_indexes(url: str, report: Report) -> None:
    """Make the indexes that are not there yet, two at a time."""

    def make(name: str, definition: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SET maintenance_work_mem = '1GB'")
            connection.execute(definition.encode())
        report(f"index {name}")

    with psycopg.connect(url) as connection:
        missing = connection.execute("SELECT * FROM bench_index WHERE to_regclass(name) IS NULL").fetchall()
    with ThreadPoolExecutor(2) as pool:
        for made in [pool.submit(make, *each) for each in missing]:
            made.result()


async def measure(url: str, project_id: UUID, count: int, rounds: int) -> dict[str, float]:
    """Return the median time of each question in milliseconds."""
    engine = create_engine(url)
    sessions, medians = read_session_factory(engine), {}
    for name, question in questions(project_id, count).items():
        times = []
        for _ in range(rounds + 2):
            started = time.perf_counter()
            async with sessions() as session:
                await question(session)
            times.append((time.perf_counter() - started) * 1000)
        medians[name] = statistics.median(times[2:])
    await engine.dispose()
    return medians


async def scans(url: str, project_id: UUID, count: int) -> list[str]:
    """Return which questions read how much of a table of calls in sequence, when it is a tenth of the calls or more."""
    engine = create_engine(url)
    found = [
        f"{name}: {read_count:,} rows of {node['Relation Name']}"
        for name, question in questions(project_id, count).items()
        for plan in await plans_of(engine, question, is_run=True)
        for node in sequences_in(plan)
        if node["Relation Name"] in COLUMNS and (read_count := rows_read(node)) >= count / 10
    ]
    await engine.dispose()
    return found


def rows_read(node: dict[str, Any]) -> int:
    """Return how many rows a node that ran has looked at."""
    return round((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])


def compare(directory: Path, count: int, rounds: int) -> tuple[dict[str, tuple[float, float]], list[str]]:
    """Return the medians of each question in milliseconds, of few calls and of many, and the plans that scan."""
    server = embedded.start(directory)
    try:
        small, large = fill(server.url, "small", SMALL), fill(server.url, f"calls_{count}", count)
        of_small = asyncio.run(measure(*small, SMALL, rounds))
        of_large = asyncio.run(measure(*large, count, rounds))
        scanning = asyncio.run(scans(*large, count))
    finally:
        server.stop()
    return {name: (of_small[name], of_large[name]) for name in of_small}, scanning


def main() -> None:
    """Load, measure, print; exit with status 1 past the bar."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--keep", type=Path, help="where the databases stay, to be gone on with or measured again")
    arguments = parser.parse_args()
    load_metadata()
    if arguments.keep is not None:
        arguments.keep.mkdir(parents=True, exist_ok=True)
        found, scanning = compare(arguments.keep, arguments.calls, arguments.rounds)
    else:
        with tempfile.TemporaryDirectory(prefix="callscope-scale-") as directory:
            found, scanning = compare(Path(directory), arguments.calls, arguments.rounds)
    print(f"{'median ms':<26} {SMALL:>9,} {arguments.calls:>12,}   ratio")
    for name, (small, large) in found.items():
        print(f"{name:<26} {small:>9.1f} {large:>12.1f}   {large / small:>5.1f}")
    for read in scanning:
        print(f"Reads in sequence {read}")
    if scanning or max(large / small for small, large in found.values()) > BAR:
        sys.exit(f"Too much was read in sequence, or the bar of {BAR} passed.")


if __name__ == "__main__":
    main()
