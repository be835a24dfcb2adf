"""`callscope import`: calls out of a file that `callscope export` wrote."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from callscope.cli.export_calls import counting

if TYPE_CHECKING:
    from callscope.storage.engine import SessionFactory

app = typer.Typer()

CALLS_PER_TRANSACTION = 50


@app.command("import")
def import_calls(
    file: Annotated[Path, typer.Argument(help="JSON Lines (`.jsonl`) or Parquet (`.parquet`).", exists=True)],
    project: Annotated[str, typer.Option(help="Name of the project; made when there is none.")] = "default",
    analyze: Annotated[
        bool, typer.Option("--analyze", help="Fetch the recordings from where they came from, and measure them anew.")
    ] = False,
) -> None:
    """Add the calls of an export to a project, with all that was known of them but their recordings.

    Calls that the project has already are left as they are, so an import that was broken off is simply run again.
    """
    from callscope.boot.database import with_settings_sessions

    with counting("read") as count:
        added_count = with_settings_sessions(lambda sessions: _read(sessions, file, project, analyze, count))
    typer.echo(f"{added_count} calls added to {project}.")


async def _read(
    sessions: "SessionFactory", file: Path, project: str, analyze: bool, count: Callable[[int], None]
) -> int:
    from callscope.core.clock import SystemClock
    from callscope.core.errors import CallscopeError
    from callscope.services.call_documents import parse_document
    from callscope.services.imports import ImportOutcome, import_call
    from callscope.storage import projects

    async with sessions.begin() as session:
        project_id = await projects.find_or_create(session, project)
    added_count = 0
    numbered = enumerate(_lines(file), start=1)
    while some := list(islice(numbered, CALLS_PER_TRANSACTION)):
        async with sessions.begin() as session:
            for number, line in some:
                try:
                    outcome = await import_call(
                        session, project_id, parse_document(line), analyzes_anew=analyze, now=SystemClock().now()
                    )
                except CallscopeError as error:
                    message = (
                        f"Call {number} of {file.name}: {error.message} Those up to {some[0][0] - 1} are imported."
                    )
                    raise CallscopeError(message) from error
                added_count += outcome is ImportOutcome.ADDED
        count(some[-1][0])
    return added_count


def _lines(file: Path) -> Iterator[str]:
    if file.suffix == ".parquet":
        from arro3.io import read_parquet

        from callscope.services.export_columns import DOCUMENT

        for batch in read_parquet(file, batch_size=CALLS_PER_TRANSACTION):
            yield from (str(document) for document in batch[DOCUMENT].to_pylist())
        return
    with file.open(encoding="utf-8") as lines:
        yield from (line for line in lines if line.strip())
