import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from callscope.cli.db import app as db_app
from callscope.cli.key import app as key_app
from callscope.storage import migrations
from callscope.storage.engine import create_sync_engine
from tests.support.database import DatabaseServer


@pytest.fixture(autouse=True)
def logging_left_as_it_was() -> Iterator[None]:
    handlers = logging.getLogger().handlers
    yield
    logging.getLogger().handlers = handlers
    structlog.reset_defaults()


@pytest.fixture
def empty_database(database_server: DatabaseServer, monkeypatch: pytest.MonkeyPatch) -> str:
    url = database_server.create_empty()
    monkeypatch.setenv("CALLSCOPE_DATABASE_URL", url)
    return url


@pytest.mark.usefixtures("empty_database")
def test_upgrade_says_where_the_schema_stands() -> None:
    result = CliRunner().invoke(db_app, ["db", "upgrade"])
    assert result.exit_code == 0, result.output
    assert migrations.newest_revision() in result.output


def test_a_key_is_made_in_a_database_that_was_empty(empty_database: str) -> None:
    arguments = ["key", "create", "--project", "Clinic", "--name", "ci", "--scope", "READ", "--json"]
    result = CliRunner().invoke(key_app, arguments)
    assert result.exit_code == 0, result.output
    shown = json.loads(result.output)
    assert shown["key"].startswith("rk_live_")
    assert (shown["project"], shown["name"], shown["scope"]) == ("Clinic", "ci", "READ")

    engine = create_sync_engine(empty_database)
    with engine.connect() as connection:
        stored = connection.exec_driver_sql("SELECT scope, name, prefix FROM api_key").one()
    engine.dispose()
    assert stored == ("READ", "ci", shown["key"][:12])


@pytest.mark.usefixtures("empty_database")
def test_the_key_alone_is_printed_without_json() -> None:
    result = CliRunner().invoke(key_app, ["key", "create"])
    assert result.output.strip().startswith("rk_live_")
    assert len(result.output.strip().splitlines()) == 1


@pytest.mark.parametrize("arguments", [["--scope", "ALL"], ["--permission", "call:fly"]])
@pytest.mark.usefixtures("empty_database")
def test_a_key_with_rights_that_do_not_exist_is_refused(arguments: list[str]) -> None:
    assert CliRunner().invoke(key_app, ["key", "create", *arguments]).exit_code != 0


def test_stdout_holds_json_alone_while_the_embedded_database_comes_up_and_goes() -> None:
    # Not the test's own directory: the database's account must be able to reach it when the tests run as root.
    with tempfile.TemporaryDirectory(prefix="callscope-key-") as data_dir:
        environment = {**os.environ, "CALLSCOPE_DATA_DIR": data_dir}
        environment.pop("CALLSCOPE_DATABASE_URL", None)
        command = [str(Path(sys.executable).parent / "callscope"), "key", "create", "--project", "Clinic", "--json"]
        made = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert json.loads(made.stdout)["project"] == "Clinic"
    assert "embedded_database_started" in made.stderr
