"""`callscope serve`: database, API, pages and workers in one command."""

from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer()


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (CALLSCOPE_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one (CALLSCOPE_PORT).")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Where everything is kept (CALLSCOPE_DATA_DIR).")] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes to start (CALLSCOPE_WORKERS).")] = None,
) -> None:
    """Run everything on this machine until Ctrl-C. Without CALLSCOPE_DATABASE_URL it brings its own PostgreSQL."""
    from callscope.boot.server import serve as run
    from callscope.boot.settings import Settings

    given: dict[str, Any] = {"host": host, "port": port, "data_dir": data_dir, "workers": workers}
    settings = Settings(**{name: value for name, value in given.items() if value is not None})
    run(settings, announce=_announce)


def _announce(address: str, setup: str | None) -> None:
    typer.echo(f"Callscope answers at {address}")
    if setup is not None:
        typer.echo(f"Nobody runs this installation yet. This link makes the account that does: {setup}")
