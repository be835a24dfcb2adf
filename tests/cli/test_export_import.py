import asyncio
import csv
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text
from typer.testing import CliRunner

from callscope.cli.main import app
from callscope.services.export_columns import FIXED
from callscope.storage.engine import SessionFactory
from tests.support.ingested_calls import ingest_call

runner = CliRunner()


@pytest.fixture(autouse=True)
def _settings(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("CALLSCOPE_DATABASE_URL", database_url)
    monkeypatch.chdir(tmp_path)
    handlers = logging.getLogger().handlers
    yield
    logging.getLogger().handlers = handlers
    structlog.reset_defaults()


async def store(sessions: SessionFactory) -> None:
    for number in range(3):
        await ingest_call(
            sessions, recording_url="https://recordings.example/a.wav", external_id=f"e{number}" if number else None
        )


async def projects_of_calls(sessions: SessionFactory) -> list[tuple[str, str | None]]:
    query = (
        "SELECT project.name, external_id FROM call JOIN project ON project.id = project_id ORDER BY 1, call.created_at"
    )
    async with sessions() as session:
        return [(name, external_id) for name, external_id in await session.execute(text(query))]


def append(file: Path, line: str) -> None:
    with file.open("a") as lines:
        lines.write(line)


def run(*words: str) -> str:
    result = runner.invoke(app, words)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("name", ["calls.jsonl", "calls.parquet"])
async def test_a_file_brings_calls_from_one_project_to_another(sessions: SessionFactory, name: str) -> None:
    await store(sessions)
    assert "3 calls exported." in await in_thread("export", name)
    assert "3 calls added to other." in await in_thread("import", name, "--project", "other")
    assert "0 calls added to other." in await in_thread("import", name, "--project", "other")
    expected = [None, "e1", "e2"]
    assert await projects_of_calls(sessions) == [(project, id_) for project in ("default", "other") for id_ in expected]


async def in_thread(*words: str) -> str:
    """Run a command, which has an event loop of its own."""
    return await asyncio.to_thread(run, *words)


async def test_filters_choose_and_standard_output_takes_the_lines(sessions: SessionFactory) -> None:
    await store(sessions)
    lines = await in_thread("export", "-", "--format", "jsonl", "--filter", "externalId=e2")
    assert [json.loads(line)["externalId"] for line in lines.splitlines() if line.startswith("{")] == ["e2"]


async def test_a_table_has_the_columns_that_are_asked_for_by_name(sessions: SessionFactory) -> None:
    await ingest_call(sessions, recording_url="https://recordings.example/a.wav", properties={"campaign": "spring"})
    listed = [line.split() for line in (await in_thread("columns")).splitlines()]
    assert ["property.campaign", "text", "Property"] in listed
    assert ["overtalk_ratio", "number", "Overtalk", "ratio"] in listed
    assert "id" not in [name for name, *_ in listed]
    names = ["property.campaign", "tools", "property.campaign", "overtalk_ratio", "agents"]
    options = [word for name in names for word in ("--column", name)]
    await in_thread("export", "calls.csv", *options)
    (row,) = csv.DictReader(io.StringIO(await asyncio.to_thread(Path("calls.csv").read_text)))
    assert list(row)[len(FIXED) :] == ["tools_failed_count", "tools_count", "property.campaign", "overtalk_ratio"]
    assert row["property.campaign"] == "spring"
    await in_thread("export", "calls.parquet", *options)
    assert "1 calls added to other." in await in_thread("import", "calls.parquet", "--project", "other")


def files_here() -> list[Path]:
    return list(Path().iterdir())


async def test_a_column_that_there_is_not_is_named_and_no_file_is_left(sessions: SessionFactory) -> None:
    await store(sessions)
    result = await asyncio.to_thread(runner.invoke, app, ["export", "calls.csv", "--column", "overtalk"])
    assert result.exit_code == 1
    assert "no column `overtalk` in this project. Near to it: `overtalk_ratio`. `callscope columns`" in result.output
    assert await asyncio.to_thread(files_here) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("export", "calls.xml"), "must be jsonl, parquet or csv"),
        (("export", "calls.csv", "--filter", "status"), "write name=value"),
        (("export", "calls.csv", "--filter", "status=LOST"), "`status` must be one of"),
        (("export", "calls.csv", "--project", "none"), "no project called 'none'"),
        (("export", "calls.jsonl", "--column", "tools"), "JSON Lines holds everything of a call"),
        (("columns", "--project", "none"), "no project called 'none'"),
    ],
)
def test_what_cannot_be_exported_is_explained_and_leaves_no_file(words: tuple[str, ...], message: str) -> None:
    result = runner.invoke(app, words)
    assert result.exit_code in (1, 2)
    assert message in result.output
    assert files_here() == []


async def test_an_import_that_breaks_off_keeps_what_it_said(sessions: SessionFactory) -> None:
    await store(sessions)
    await in_thread("export", "calls.jsonl")
    await asyncio.to_thread(append, Path("calls.jsonl"), '{"format": "other"}\n')
    result = await asyncio.to_thread(runner.invoke, app, ["import", "calls.jsonl", "--project", "other"])
    assert result.exit_code == 1
    assert "Call 4 of calls.jsonl: format" in result.output
    assert {name for name, _ in await projects_of_calls(sessions)} == {"default"}
