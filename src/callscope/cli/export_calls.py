"""`callscope export`: a project's calls into a file."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from callscope.core.call_query import CallQuery
    from callscope.services.export import ExportFormat
    from callscope.storage.engine import SessionFactory

app = typer.Typer()


@app.command("export")
def export_calls(
    file: Annotated[Path, typer.Argument(help="Where to, `-` for standard output. Its ending says the format.")],
    project: Annotated[str, typer.Option(help="Name of the project.")] = "default",
    form: Annotated[str | None, typer.Option("--format", help="jsonl, parquet or csv, in place of the ending.")] = None,
    conditions: Annotated[
        list[str] | None,
        typer.Option(
            "--filter", help="A condition as in the API, such as `properties[plan]=gold`; may be given several times."
        ),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            help="A further column of a CSV or Parquet file, by a name that `callscope columns` shows; "
            "may be given several times.",
        ),
    ] = None,
) -> None:
    """Write a project's calls into a file, oldest first: JSON Lines and Parquet can be imported again."""
    from callscope.boot.database import with_settings_sessions

    chosen, query = _format(file, form, columns or []), _query(conditions or [])
    with _opened(file) as target, counting("exported") as count:
        with_settings_sessions(lambda sessions: _write(sessions, project, query, chosen, columns or [], target, count))


async def _write(  # noqa: PLR0917 - everything of one command
    sessions: "SessionFactory",
    project: str,
    query: "CallQuery",
    form: "ExportFormat",
    columns: list[str],
    target: IO[bytes],
    count: Callable[[int], None],
) -> None:
    from callscope.services.export import export_calls as exported
    from callscope.services.export_choice import choose_columns, read_columns
    from callscope.services.projects import require_project

    async with sessions() as session:
        project_id = await require_project(session, project)
        chosen = choose_columns(columns, await read_columns(session, project_id))
    async for chunk in exported(sessions, project_id, query, form, columns=chosen, on_progress=count):
        target.write(chunk)


def _format(file: Path, form: str | None, columns: list[str]) -> "ExportFormat":
    from callscope.services.export import ExportFormat

    spelled = form or file.suffix.removeprefix(".")
    if spelled not in set(ExportFormat):
        raise typer.BadParameter("must be jsonl, parquet or csv, by the file's ending or by --format")
    if columns and spelled == ExportFormat.JSONL:
        message = "JSON Lines holds everything of a call; choose columns for csv or parquet"
        raise typer.BadParameter(message, param_hint="--column")
    return ExportFormat(spelled)


def _query(conditions: list[str]) -> "CallQuery":
    from callscope.core.call_filters import parse_call_query

    pairs = [condition.partition("=") for condition in conditions]
    for name, equals, _ in pairs:
        if not equals:
            raise typer.BadParameter(f"{name!r} is no condition; write name=value", param_hint="--filter")
    return parse_call_query([("sortDirection", "asc"), *((name, value) for name, _, value in pairs)])


@contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    if str(file) == "-":
        yield sys.stdout.buffer
        return
    # A file that is there under its name is whole.
    partial = file.with_name(f"{file.name}.partial")
    try:
        with partial.open("wb") as target:
            yield target
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def counting(done: str) -> Iterator[Callable[[int], None]]:
    """Show how many calls were done so far on a terminal; say it at the end everywhere, on stderr."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console, count = Console(stderr=True), 0
    columns = (SpinnerColumn(), TextColumn("{task.completed} calls"), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(done, total=None)

        def show(new_count: int) -> None:
            nonlocal count
            count = new_count
            progress.update(task, completed=count)

        yield show
    typer.echo(f"{count} calls {done}.", err=True)
