"""`callscope backup` and `callscope restore`: a whole installation in one file."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def backup(path: Annotated[Path, typer.Argument(help="The file to write; it must not be there yet.")]) -> None:
    """Write the embedded database, the local recordings and the secret to one file. The service may run meanwhile."""
    from datetime import UTC, datetime
    from importlib.metadata import version

    from callscope.boot.database import open_database
    from callscope.boot.logging import configure_logging
    from callscope.boot.settings import Settings
    from callscope.storage import backup as backups

    settings = Settings()
    configure_logging(settings.log_format)
    if settings.database_url is not None:
        raise backups.BackupFailed(
            "CALLSCOPE_DATABASE_URL names a database of your own. Back it up with its own means, such as pg_dump, "
            "and then the object store."
        )
    with open_database(settings) as database_url:
        manifest = backups.save(
            path,
            database_url=database_url,
            data_dir=settings.data_dir,
            has_objects=settings.object_store_url is None,
            callscope_version=version("callscope"),
            now=datetime.now(UTC),
        )
    recordings = "recordings not included" if manifest.objects_count is None else f"{manifest.objects_count} files"
    typer.echo(f"Wrote {path} ({path.stat().st_size} bytes, {recordings}).")


@app.command()
def restore(
    path: Annotated[Path, typer.Argument(help="The file that `callscope backup` wrote.")],
    data_dir: Annotated[Path, typer.Option(help="The new data directory; it must be empty.")],
) -> None:
    """Make a data directory of a backup. Start `callscope serve` on it afterwards; that updates an older schema."""
    from callscope.boot.logging import configure_logging
    from callscope.boot.settings import Settings
    from callscope.storage import backup as backups

    configure_logging(Settings().log_format)
    manifest = backups.restore(path, data_dir=data_dir)
    typer.echo(f"Restored the backup of {manifest.made_at} into {data_dir}.")
