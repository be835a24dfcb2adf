"""Scoring stored calls by a new formula and a new threshold, against the bare SQL that reads and writes the same.

    python bench/scoring.py [--calls 10000]

Each call has the values that an analysis leaves of a dozen metrics, response times by answer among them. A collection
job then scores all of them by a formula of two metrics and by a threshold on the answers' 95th percentile, whose
evidence is every answer below it. The baseline of each computes the same in one statement per thousand calls and writes
the same rows, indexes and evidence included.

Times are of the processor, so that they hold on a busy machine: of the database's processes, and of this one (`own`),
the kernel's work for each included. The bar is that the database takes more of it than Python does, for the formula and
for the threshold; the command fails where it does not. Beside it stands what share of the time on the clock Python was
not busy: it waited for the database, or for a processor.
"""

import argparse
import asyncio
import gc
import sys
import tempfile
import time
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from callscope.boot.worker import OBJECTS_A_COLLECTION  # noqa: E402
from callscope.core.judge import JudgeRules  # noqa: E402
from callscope.core.metric import MetricScope, ValueType  # noqa: E402
from callscope.core.metric_definition import (  # noqa: E402
    Aggregation,
    Comparison,
    Condition,
    Formula,
    GradedContext,
    MetricSource,
    Threshold,
)
from callscope.core.metric_policy import CollectedMetric, CollectionJob, CollectionTrigger  # noqa: E402
from callscope.metrics.definition import definition_id  # noqa: E402
from callscope.outbound.client import OutboundClient  # noqa: E402
from callscope.services import collection_batches, metric_collection, metric_definitions, scoring  # noqa: E402
from callscope.services.judging import Judge  # noqa: E402
from callscope.services.metric_catalogue import read_catalogue  # noqa: E402
from callscope.services.metric_definitions import NewMetric  # noqa: E402
from callscope.storage import embedded, migrations, projects  # noqa: E402
from callscope.storage.engine import SessionFactory, create_engine, session_factory  # noqa: E402
from callscope.storage.tables import load_metadata  # noqa: E402

STEP = 1000
ANSWERS = 10
PLAIN_METRICS = 10
NOW = datetime(2026, 1, 1, tzinfo=UTC)
RESPONSE_TIME, TURN_COUNT = definition_id("response_time"), definition_id("turn_count")

CALLS = text(
    "INSERT INTO call (id, project_id, status, direction, interface_type, source, started_at, recording_url)"
    " SELECT gen_random_uuid(), :project_id, 'ENDED', 'INBOUND', 'PHONE', 'bench', now(), ''"
    " FROM generate_series(1, :count) RETURNING id"
)
VALUES = text(
    "INSERT INTO metric_value (id, project_id, call_id, slug, version, role, context, ordinal, state, value, number,"
    " confidence, segments, evidence, statistics, method, parameters, computed_at)"
    " SELECT gen_random_uuid(), :project_id, call.id, :slug, 1, :role, :context, place, 'SUCCESS', to_jsonb(amount),"
    " amount, 1, CAST(:segments AS jsonb), '[]', '{}', 'bench', '{}', now()"
    " FROM call, generate_series(1, :places) AS place, LATERAL (SELECT 100 + 10 * place AS amount) AS made"
)
WRITE_BARE = (
    "WITH made AS (INSERT INTO metric_value (id, project_id, call_id, slug, version, role, context, ordinal, state,"
    " value, number, confidence, segments, evidence, statistics, method, parameters, computed_at)"
    " SELECT gen_random_uuid(), project_id, call_id, :slug, 1, role, 'CALL', 0, 'SUCCESS', value, number, 1, '[]',"
    " evidence, statistics, 'bare', '{}', now() FROM ({}) AS computed RETURNING *)"
    " UPDATE collection_item AS item SET status = 'COMPLETED', computed_at = made.computed_at,"
    " values = jsonb_build_array(to_jsonb(made)) FROM made WHERE item.job_id = :job_id AND item.call_id = made.call_id"
)
BARE = {
    "formula": "SELECT own.project_id, own.call_id, NULL AS role, to_jsonb(own.number / other.number) AS value,"
    " own.number / other.number AS number, CAST('[]' AS jsonb) AS evidence,"
    " jsonb_build_object('response_time', own.number, 'turn_count', other.number) AS statistics"
    " FROM metric_value AS own JOIN metric_value AS other ON other.call_id = own.call_id AND other.slug = 'turn_count'"
    " WHERE own.slug = 'response_time' AND own.role = 'agent' AND own.context = 'CALL'"
    " AND own.call_id = ANY(CAST(:call_ids AS uuid[]))",
    "threshold": "SELECT project_id, call_id, role,"
    " to_jsonb(percentile_cont(0.95) WITHIN GROUP (ORDER BY number) < 1000) AS value,"
    " CAST(percentile_cont(0.95) WITHIN GROUP (ORDER BY number) < 1000 AS int) AS number,"
    " COALESCE(jsonb_agg(jsonb_build_object('start_offset_ms', segments -> 0 -> 'start_offset_ms', 'end_offset_ms',"
    " segments -> -1 -> 'end_offset_ms', 'role', role, 'reason', 'response_time is ' || number) ORDER BY ordinal)"
    " FILTER (WHERE number < 1000), '[]') AS evidence, jsonb_build_object('met_count',"
    " count(*) FILTER (WHERE number < 1000), 'value_count', count(*)) AS statistics"
    " FROM metric_value WHERE slug = 'response_time' AND context <> 'CALL' AND state = 'SUCCESS'"
    " AND call_id = ANY(CAST(:call_ids AS uuid[])) GROUP BY project_id, call_id, role",
}


async def fill(session: AsyncSession, project_id: UUID, call_count: int) -> list[UUID]:
    """Store calls with the values an analysis leaves; return their ids."""
    rows = await session.execute(CALLS, {"project_id": project_id, "count": call_count})
    call_ids = list(rows.scalars())
    segments = '[{"role": "agent", "start_offset_ms": 1000, "end_offset_ms": 2000}]'
    kinds = [
        ("response_time", "agent", "CALL", 1, "[]"),
        ("response_time", "agent", "SEGMENT_RANGE", ANSWERS, segments),
        ("turn_count", "agent", "CALL", 1, "[]"),
        *((f"plain_{number}", None, "CALL", 1, "[]") for number in range(PLAIN_METRICS)),
    ]
    for slug, role, context, places, placed in kinds:
        parameters = {"slug": slug, "role": role, "context": context, "places": places, "segments": placed}
        await session.execute(VALUES, {"project_id": project_id, **parameters})
    return call_ids


async def start(sessions: SessionFactory, project_id: UUID, call_ids: list[UUID], new: NewMetric) -> CollectionJob:
    """Make a metric and a job that scores every call by it."""
    async with sessions.begin() as session:
        metric = await metric_definitions.create_metric(session, project_id, new)
        return await metric_collection.start(
            session,
            project_id,
            call_ids,
            [CollectedMetric(source=MetricSource(definition_id=metric.id))],
            await read_catalogue(session, project_id),
            policy_ids=(),
            triggered_by=CollectionTrigger.USER_API,
            now=NOW,
        )


async def run(sessions: SessionFactory, job: CollectionJob, judge: Judge) -> None:
    """Work on a job to its end, as a worker does."""
    while True:
        async with sessions.begin() as session:
            batch = await collection_batches.begin(session, job.id, judge, now=NOW)
        if batch is None:
            return
        scored = await scoring.score_batch(batch, judge, now=NOW)
        async with sessions.begin() as session:
            await collection_batches.record(session, batch, scored, now=NOW)


async def run_bare(sessions: SessionFactory, name: str, job: CollectionJob, call_ids: list[UUID]) -> None:
    """Write the same by SQL alone."""
    statement = text(WRITE_BARE.replace("({})", f"({BARE[name]})"))
    for place in range(0, len(call_ids), STEP):
        some = call_ids[place : place + STEP]
        async with sessions.begin() as session:
            await session.execute(statement, {"call_ids": some, "job_id": job.id, "slug": f"bare_{name}"})


def definitions() -> dict[str, NewMetric]:
    """Return the metrics to score by."""
    response_time, turn_count = (MetricSource(definition_id=each) for each in (RESPONSE_TIME, TURN_COUNT))
    formula = Formula(
        expression=f"{{{{id:{RESPONSE_TIME}}}}} / {{{{id:{TURN_COUNT}}}}}", sources=(response_time, turn_count)
    )
    slow = Condition(source=response_time, operator=Comparison.LESS_THAN, threshold_value="1000")
    threshold = Threshold(condition=slow, aggregation=Aggregation.P95)
    shared = {
        "slug": None,
        "description": "",
        "scope": MetricScope.GLOBAL,
        "role": None,
        "contexts": (GradedContext.CALL,),
        "package_id": None,
    }
    return {
        "formula": NewMetric(name="Wait per turn", value_type=ValueType.NUMERIC, calculation=formula, **shared),
        "threshold": NewMetric(name="Quick", value_type=ValueType.BOOLEAN, calculation=threshold, **shared),
    }


async def measure(database_url: str, data_dir: Path, call_count: int) -> None:
    """Fill a database, score it by both metrics, and by SQL alone."""
    load_metadata()
    engine = create_engine(database_url)
    sessions, judge = session_factory(engine), Judge(OutboundClient(), JudgeRules())
    async with sessions.begin() as session:
        project_id = await projects.find_or_create(session, "default")
        call_ids = await fill(session, project_id, call_count)
        await session.execute(text("ANALYZE"))
    gc.freeze()  # as a worker does, and looks for garbage as seldom
    gc.set_threshold(OBJECTS_A_COLLECTION)
    clock = Processor(data_dir)
    behind: list[str] = []
    for name, new in definitions().items():
        bare = await start(sessions, project_id, call_ids, new)
        await run_bare(sessions, name, bare, call_ids[:STEP])
        alone = await clock.time(run_bare(sessions, name, bare, call_ids[STEP:]))
        print(f"{name:<10} bare SQL {alone}")
        job = await start(sessions, project_id, call_ids, replace(new, name=f"{new.name}, scored"))
        spent = await clock.time(run(sessions, job, judge))
        times = spent.total_s / call_count / (alone.total_s / (call_count - STEP))
        print(f"{name:<10} job      {spent}, {times:.1f} x bare SQL a call")
        if spent.own_s >= spent.database_s:
            behind.append(name)
    await engine.dispose()
    if behind:
        sys.exit(f"Python takes more of the processor than the database does: {', '.join(behind)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Seconds on the clock, and of the processor: this process's and the database's."""

    wall_s: float
    own_s: float
    database_s: float

    @property
    def total_s(self) -> float:
        """Processor time of both."""
        return self.own_s + self.database_s

    def __str__(self) -> str:
        return (
            f"{self.wall_s:6.2f} s on the clock, {1 - self.own_s / self.wall_s:.0%} of it waiting; processor: "
            f"database {self.database_s:5.2f} s, own {self.own_s:5.2f} s ({self.own_s / self.total_s:.0%})"
        )


class Processor:
    """Measures the processor time of this process and of the database in `data_dir`."""

    def __init__(self, data_dir: Path) -> None:
        self._server = embedded.running_server(data_dir)

    async def time(self, work: Coroutine[Any, Any, None]) -> Spent:
        """Carry out `work` and return what it took."""
        wall, own, database = time.perf_counter(), time.process_time(), self._database_s()
        await work
        return Spent(
            wall_s=time.perf_counter() - wall,
            own_s=time.process_time() - own,
            database_s=self._database_s() - database,
        )

    def _database_s(self) -> float:
        if self._server is None:
            raise RuntimeError("the database does not run")
        processes = [self._server, *self._server.children(recursive=True)]
        return sum(times.user + times.system for times in (each.cpu_times() for each in processes))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=10_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="callscope-bench-") as directory:
        database = embedded.start(Path(directory))
        try:
            migrations.upgrade(database.url)
            asyncio.run(measure(database.url, Path(directory), arguments.calls))
        finally:
            database.stop()


if __name__ == "__main__":
    main()
