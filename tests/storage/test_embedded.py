import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from callscope.storage import embedded
from callscope.storage.embedded import DatabaseUnavailable, running_server

HOLDER = """
import sys
from pathlib import Path
from callscope.storage import embedded
database = embedded.start(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.readline()
database.stop()
"""


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """One cluster for all tests of this file: making one takes most of a second."""
    # Not pytest's own directory: as root, the database's account could not reach it when another session begins.
    with tempfile.TemporaryDirectory(prefix="callscope-embedded-") as directory:
        embedded.start(Path(directory)).stop()
        yield Path(directory)
        assert running_server(Path(directory)) is None


def hold(data_dir: Path) -> "subprocess.Popen[str]":
    """Start a process that holds the database, and return once it does."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data_dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert any(line == "held\n" for line in process.stdout)
    return process


def let_go(process: "subprocess.Popen[str]") -> None:
    process.communicate("\n")
    assert process.returncode == 0


def test_it_is_a_real_database_with_full_text_and_trigrams(data_dir: Path) -> None:
    database = embedded.start(data_dir)
    try:
        with psycopg.connect(database.url) as connection:
            row = connection.execute(
                "SELECT lower('ÄÖ'), current_setting('fsync'), current_setting('synchronous_commit'), "
                "current_setting('listen_addresses'), "
                "(SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm')"
            ).fetchone()
    finally:
        database.stop()

    assert row == ("äö", "on", "on", "", 1)


def test_the_last_holder_stops_it(data_dir: Path) -> None:
    first, second = embedded.start(data_dir), embedded.start(data_dir)

    first.stop()
    first.stop()
    with psycopg.connect(second.url) as connection:
        connection.execute("SELECT 1")
    second.stop()

    assert running_server(data_dir) is None


def test_holders_are_processes_and_a_killed_one_does_not_count(data_dir: Path) -> None:
    killed, living = hold(data_dir), hold(data_dir)
    killed.kill()
    killed.communicate()
    assert running_server(data_dir) is not None

    let_go(living)

    assert running_server(data_dir) is None


def test_what_was_committed_survives_the_death_of_everything(data_dir: Path) -> None:
    database = embedded.start(data_dir)
    with psycopg.connect(database.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    holder = hold(data_dir)
    server = running_server(data_dir)
    assert server is not None
    holder.kill()
    holder.communicate()
    server.kill()

    again = embedded.start(data_dir)

    with psycopg.connect(again.url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
        connection.execute("DROP TABLE kept")
    database.stop()
    again.stop()
    assert running_server(data_dir) is None


def test_a_pid_file_whose_number_another_program_wears_is_stale(data_dir: Path) -> None:
    pid_file = data_dir / "postgres" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{data_dir / 'postgres'}\n")

    database = embedded.start(data_dir)

    with psycopg.connect(database.url) as connection:
        connection.execute("SELECT 1")
    database.stop()


def test_the_server_is_out_of_reach_of_the_terminals_interrupt(data_dir: Path) -> None:
    database = embedded.start(data_dir)
    server = running_server(data_dir)
    assert server is not None

    assert os.getsid(server.pid) != os.getsid(0)
    assert os.getpgid(server.pid) != os.getpgid(0)
    database.stop()


def test_a_long_path_gets_a_short_private_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)

    database = embedded.start(deep)

    with psycopg.connect(database.url) as connection:
        socket_dirs = connection.execute("SHOW unix_socket_directories").fetchone()
    database.stop()
    assert socket_dirs is not None
    assert socket_dirs[0].startswith("/tmp/callscope-")  # noqa: S108 - the place under test
    assert Path(socket_dirs[0]).stat().st_mode & 0o077 == 0
    Path(socket_dirs[0]).rmdir()


def test_a_making_that_was_killed_half_way_starts_afresh(tmp_path: Path) -> None:
    leftover = tmp_path / "postgres-new-x"
    leftover.mkdir()
    (leftover / "PG_VERSION").write_text("18\n")

    database = embedded.start(tmp_path)

    database.stop()
    assert not leftover.exists()


def test_a_cluster_of_another_version_is_refused_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("12\n")

    with pytest.raises(DatabaseUnavailable, match="PostgreSQL 12"):
        embedded.start(tmp_path)


def test_terminating_a_holder_leaves_the_server_to_the_others(data_dir: Path) -> None:
    database = embedded.start(data_dir)
    holder = hold(data_dir)
    holder.send_signal(signal.SIGTERM)
    holder.communicate()

    with psycopg.connect(database.url) as connection:
        connection.execute("SELECT 1")
    database.stop()
    assert running_server(data_dir) is None
