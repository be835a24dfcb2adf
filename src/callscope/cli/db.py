"""`callscope db`: the database's schema."""

import typer

app = typer.Typer()
db = typer.Typer(help="The database's schema.", no_args_is_help=True)
app.add_typer(db, name="db")


@db.command()
def upgrade() -> None:
    """Bring the database to this version's schema. Safe to run from several hosts at once."""
    from callscope.boot.database import open_database
    from callscope.boot.logging import configure_logging
    from callscope.boot.settings import Settings
    from callscope.storage import migrations

    settings = Settings()
    configure_logging(settings.log_format)
    with open_database(settings) as url:
        revision = migrations.upgrade(url)
    typer.echo(f"The database is at revision {revision}.")
