"""How the list of calls answers a project of a million, against one of ten thousand, in one run.

Both projects have the same spread of agents, lengths, properties and words (`tests/support/many_calls.py`), each in a
database of its own on one embedded server. Every question goes through the services, as the API asks it, without HTTP.

`python bench/scale.py [--calls 1000000] [--rounds 15]` prints medians and their ratio; the bar is 3. It also reads the
plan of every statement: one that scans a whole table of calls fails the run.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path
from uuid import UUID

import psycopg
from sqlalchemy import make_url

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the builders of the tests make the calls

from callscope.core.ids import new_id  # noqa: E402 - after the path is set
from callscope.storage import embedded, migrations  # noqa: E402
from callscope.storage.engine import create_engine, read_session_factory  # noqa: E402
from callscope.storage.tables import load_metadata  # noqa: E402
from tests.support.call_questions import plans_of, questions  # noqa: E402
from tests.support.many_calls import COLUMNS, load_calls  # noqa: E402

BAR = 3.0
SMALL = 10_000


def fill(server_url: str, name: str, count: int) -> tuple[str, UUID]:
    """Make a database of that many calls; return its address and the project's id."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type] # our own name
    url = make_url(server_url).set(database=name).render_as_string(hide_password=False)
    migrations.upgrade(url)
    project_id, started = new_id(), time.perf_counter()
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO project (id, name) VALUES (%s, 'bench')", (project_id,))
        load_calls(connection, project_id, count)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
    print(f"{count:>9,} calls loaded in {time.perf_counter() - started:.0f} s", flush=True)
    return url, project_id


async def measure(url: str, project_id: UUID, count: int, rounds: int) -> dict[str, float]:
    """Return the median time of each question in milliseconds. Raises AssertionError for a plan that scans."""
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
        if count > SMALL:
            for plan in await plans_of(engine, question):
                scanned = [table for table in COLUMNS if f"Seq Scan on {table} " in plan]
                assert not scanned, f"{name} scans {scanned}:\n{plan}"
    await engine.dispose()
    return medians


def main() -> None:
    """Load, measure, print; exit with status 1 past the bar."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    load_metadata()
    with tempfile.TemporaryDirectory(prefix="callscope-scale-") as directory:
        server = embedded.start(Path(directory))
        try:
            small = asyncio.run(measure(*fill(server.url, "small", SMALL), SMALL, arguments.rounds))
            large = asyncio.run(measure(*fill(server.url, "large", arguments.calls), arguments.calls, arguments.rounds))
        finally:
            server.stop()
    print(f"{'median ms':<26} {SMALL:>9,} {arguments.calls:>12,}   ratio")
    ratios = {name: large[name] / small[name] for name in small}
    for name, ratio in ratios.items():
        print(f"{name:<26} {small[name]:>9.1f} {large[name]:>12.1f}   {ratio:>5.1f}")
    if max(ratios.values()) > BAR:
        sys.exit(f"Past the bar of {BAR}.")


if __name__ == "__main__":
    main()
