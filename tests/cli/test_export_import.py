import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text
from typer.testing import CliRunner

from callscope.cli.main import app
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


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("export", "calls.xml"), "must be jsonl, parquet or csv"),
        (("export", "calls.csv", "--filter", "status"), "write name=value"),
        (("export", "calls.csv", "--filter", "status=LOST"), "`status` must be one of"),
        (("export", "calls.csv", "--project", "none"), "no project called 'none'"),
    ],
)
def test_what_cannot_be_exported_is_explained_and_leaves_no_file(words: tuple[str, ...], message: str) -> None:
    result = runner.invoke(app, words)
    assert result.exit_code in (1, 2)
    assert message in result.output
    assert not Path("calls.csv").exists()


async def test_an_import_that_breaks_off_keeps_what_it_said(sessions: SessionFactory) -> None:
    await store(sessions)
    await in_thread("export", "calls.jsonl")
    await asyncio.to_thread(append, Path("calls.jsonl"), '{"format": "other"}\n')
    result = await asyncio.to_thread(runner.invoke, app, ["import", "calls.jsonl", "--project", "other"])
    assert result.exit_code == 1
    assert "Call 4 of calls.jsonl: format" in result.output
    assert {name for name, _ in await projects_of_calls(sessions)} == {"default"}
