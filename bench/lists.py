"""How long the list of calls, the overview and the agents take among a million calls, and how much they weigh.

The calls are made in the database as the service leaves them: parties, words, figures, analyses. Each page is asked for
over HTTP from the whole application; "of a day" pages look at the same stretch however many calls there are besides.

`python bench/lists.py [--calls 1000000] [--rounds 20]` prints median and 95th percentile of the server's time and the
compressed size, and exits with 1 when a page is past its bar.
"""

import argparse
import asyncio
import gzip
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the tests' way to sign in and to serve

from callscope.boot.settings import Settings  # noqa: E402 - after the path is set
from callscope.boot.wiring import open_wiring  # noqa: E402
from callscope.services.keys import create_key  # noqa: E402
from callscope.storage import embedded, migrations  # noqa: E402
from tests.support.live_server import serving_service  # noqa: E402
from tests.support.pages import sign_in  # noqa: E402

KEY = "rk_live_of_the_lists"
BAR_MS = 500
BAR_BYTES = 250_000
PAGES = {
    "newest calls": "/calls",
    "slowest answers": "/calls?worst=slowest",
    "failed barge-ins of a day": "/calls?worst=barge-ins&startedAfter={day}",
    "a phone number": "/calls?searchText=%2B14155550042",
    "words": "/calls?searchText=refund+rare7",
    "an agent's broken calls": "/calls?agentId={agent}&endedStatus=AGENT_ERROR",
    "overview of a day": "/overview",
    "overview of 28 days": "/overview?period=month",
    "agents of a day": "/agents",
    "one agent in a week": "/agents/{agent}?period=week",
}
FILL = """
CREATE TEMP TABLE one AS
    SELECT n, uuidv7() AS id, now() - n * interval '30 seconds' AS at FROM generate_series(1, {count}::bigint) AS n;
INSERT INTO agent (id, project_id, name, custom_id)
    SELECT uuidv7(), '{project}', 'Agent ' || n, 'agent-' || n FROM generate_series(0, 4) AS n;
CREATE TEMP TABLE of_agent AS SELECT id, substr(custom_id, 7)::int AS n FROM agent;
INSERT INTO call (id, project_id, status, direction, interface_type, source, started_at, ended_at, duration_ms,
                  ended_status, recording_url, properties, created_at, updated_at)
    SELECT id, '{project}', 'ENDED', 'INBOUND', 'PHONE', 'API', at, at + interval '1 minute', 60000 + n % 90000,
           CASE WHEN n % 97 = 0 THEN 'AGENT_ERROR' ELSE 'CUSTOMER_ENDED_CALL' END, 'https://recordings.example/a.wav',
           jsonb_build_object('plan_tier', CASE WHEN n % 3 = 0 THEN 'gold' ELSE 'free' END), at, at
    FROM one;
INSERT INTO call_agent (id, call_id, agent_id, position)
    SELECT uuidv7(), one.id, of_agent.id, 0 FROM one JOIN of_agent ON of_agent.n = one.n % 5;
INSERT INTO call_customer (id, call_id, phone_number_e164, position)
    SELECT uuidv7(), id, '+1415' || lpad((5550000 + n % 100000)::text, 7, '0'), 0 FROM one;
INSERT INTO call_words (call_id, words)
    SELECT id, array_to_tsvector(ARRAY['the', 'call', 'refund', 'rare' || n % 5000]) FROM one;
INSERT INTO analysis (id, project_id, call_id, status, stage, created_at, finished_at)
    SELECT uuidv7(), '{project}', id, 'COMPLETED', 'conclude', at, at FROM one;
INSERT INTO call_figures (call_id, project_id, started_at, agent_ids, prompt_version_ids, ended_status, is_error,
                          responses_ms, response_p95_ms, barge_in_count, failed_barge_in_count, tool_count,
                          failed_tool_count, strip)
    SELECT one.id, '{project}', at, ARRAY[of_agent.id], '{{}}',
           CASE WHEN one.n % 97 = 0 THEN 'AGENT_ERROR' ELSE 'CUSTOMER_ENDED_CALL' END, one.n % 97 = 0,
           ARRAY(SELECT 300 + (one.n * k * 7919) % 2500 FROM generate_series(1, 10) AS k),
           900 + (one.n * 7919) % 4000, 2, (one.n % 20 = 0)::int, 3, (one.n % 50 = 0)::int,
           decode(repeat('01010002020200040401', 16), 'hex')
    FROM one JOIN of_agent ON of_agent.n = one.n % 5;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """One page: times of the server in milliseconds, and its size as it travels."""

    median_ms: float
    p95_ms: float
    size_bytes: int


async def make_project(settings: Settings, url: str) -> str:
    """Make the project and its key; return the project's id."""
    async with open_wiring(settings, url) as wiring, wiring.sessions.begin() as session:
        return str((await create_key(session, project_name="default", name="bench", plain_key=KEY)).project_id)


def fill(url: str, project_id: str, count: int) -> str:
    """Make the calls; return the id of an agent."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        for statement in FILL.format(project=project_id, count=count).split(";"):
            if statement.strip():
                connection.execute(statement.encode())
        connection.execute("VACUUM ANALYZE")
        row = connection.execute("SELECT id FROM agent WHERE custom_id = 'agent-1'").fetchone()
    assert row is not None
    return str(row[0])


async def measure(url: str, addresses: dict[str, str], rounds: int) -> dict[str, Timing]:
    """Return the timing of each page; a first round warms up and is dropped."""
    found = {}
    async with httpx.AsyncClient(base_url=url, timeout=120) as client:
        await sign_in(client, KEY)
        for name, address in addresses.items():
            times_ms = []
            for _ in range(rounds + 1):
                started_s = time.perf_counter()
                answer = (await client.get(address)).raise_for_status()
                times_ms.append((time.perf_counter() - started_s) * 1000)
            kept = times_ms[1:]
            found[name] = Timing(
                median_ms=statistics.median(kept),
                p95_ms=statistics.quantiles(kept, n=20)[-1],
                size_bytes=len(gzip.compress(answer.content)),
            )
    return found


def report(found: dict[str, Timing]) -> bool:
    """Print the timings; return whether every page is within the bars."""
    for name, one in found.items():
        print(f"{name:28} p50 {one.median_ms:7.1f} ms   p95 {one.p95_ms:7.1f} ms   {one.size_bytes / 1000:6.1f} kB")
    return all(one.p95_ms <= BAR_MS and one.size_bytes <= BAR_BYTES for one in found.values())


def run(count: int, rounds: int) -> bool:
    """Set everything up in a temporary directory, measure, report."""
    with tempfile.TemporaryDirectory(prefix="callscope-bench-") as folder:
        settings, database = Settings(data_dir=Path(folder)), embedded.start(Path(folder))
        try:
            migrations.upgrade(database.url)
            project_id = asyncio.run(make_project(settings, database.url))
            started_s = time.perf_counter()
            agent_id = fill(database.url, project_id, count)
            print(f"{count:,} calls made in {time.perf_counter() - started_s:.0f} s")
            day = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 24 * 3600))
            addresses = {name: address.format(agent=agent_id, day=day) for name, address in PAGES.items()}
            with serving_service(settings, database.url) as url:
                return report(asyncio.run(measure(url, addresses, rounds)))
        finally:
            database.stop()


def main() -> int:
    """Run the benchmark; exit with 1 when a page is past its bar."""
    parser = argparse.ArgumentParser(description="Server time and weight of the lists and overviews.")
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    return 0 if run(arguments.calls, arguments.rounds) else 1


if __name__ == "__main__":
    sys.exit(main())
