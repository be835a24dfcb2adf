"""`callscope columns`: what tables of a project's calls can have beside what they always have."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from callscope.services.export_columns import ExportColumn
    from callscope.storage.engine import Session

app = typer.Typer()


@app.command("columns")
def list_columns(
    project: Annotated[str, typer.Option(help="Name of the project.")] = "default",
) -> None:
    """Print the columns that `callscope export --column` takes: name, type of the values, what they are.

    `properties` stands for all columns of properties.
    """
    from callscope.boot.database import on_settings_database
    from callscope.services.export_choice import read_columns
    from callscope.services.projects import require_project

    async def read(session: "Session") -> "tuple[ExportColumn, ...]":
        return await read_columns(session, await require_project(session, project))

    further = [column for column in on_settings_database(read) if column.choice is not None]
    width = max(len(column.name) for column in further)
    for column in further:
        typer.echo(f"{column.name:<{width}}  {column.type:<7}  {column.label}")
