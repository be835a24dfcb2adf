"""`callscope trace`: the traces that agents sent."""

from datetime import UTC, datetime
from typing import Annotated

import typer

app = typer.Typer()
trace = typer.Typer(help="Traces that agents sent.", no_args_is_help=True)
app.add_typer(trace, name="trace")


@trace.callback()
def _trace() -> None:
    """Keep the name of a command that stands alone."""


@trace.command()
def replay(
    received_from: Annotated[datetime, typer.Option("--from", help="First moment of the payloads' arrival, in UTC.")],
    received_before: Annotated[
        datetime | None, typer.Option("--before", help="Moment after the last one, in UTC. Default: now.")
    ] = None,
) -> None:
    """Read the kept payloads of a span of time again and write their spans over those that are there.

    For use after an update that reads more of what senders sent. This queues the job; a worker does it.
    """
    from callscope.boot.database import on_settings_database
    from callscope.services.traces import queue_replay

    first = received_from.replace(tzinfo=UTC)
    until = datetime.now(UTC) if received_before is None else received_before.replace(tzinfo=UTC)
    job_id = on_settings_database(lambda session: queue_replay(session, received_from=first, received_before=until))
    typer.echo(f"Queued as job {job_id}.")
