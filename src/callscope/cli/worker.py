"""`callscope worker`: takes jobs from the queue, on this host or any other."""

from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def worker(
    parent_pid: Annotated[int | None, typer.Option(hidden=True, help="Stop when this process is gone.")] = None,
) -> None:
    """Fetch and measure recordings until stopped. Start as many, on as many hosts, as the calls need."""
    from callscope.boot.settings import Settings
    from callscope.boot.worker import work

    work(Settings(), parent_pid=parent_pid)
