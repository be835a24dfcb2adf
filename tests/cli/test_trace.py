import psycopg
import pytest
from typer.testing import CliRunner

from callscope.cli.main import app


def test_replay_queues_a_job_for_the_span_of_time(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLSCOPE_DATABASE_URL", database_url)

    done = CliRunner().invoke(app, ["trace", "replay", "--from", "2026-01-31", "--before", "2026-02-01T12:00:00"])

    assert done.exit_code == 0, done.output
    with psycopg.connect(database_url) as connection:
        (row,) = connection.execute("SELECT task_name, queue_name, args FROM procrastinate_jobs").fetchall()
    args = {"received_from": "2026-01-31T00:00:00+00:00", "received_before": "2026-02-01T12:00:00+00:00"}
    assert row == ("trace.replay", "traces", args)
