"""Rewrite migration 0002 from the models: `python -m callscope.storage.migrations.regenerate`.

Only until the first release: from then on migrations are never rewritten, new ones are added.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command

from callscope.storage import embedded
from callscope.storage.engine import create_sync_engine
from callscope.storage.migrations import alembic_config

TABLES_MIGRATION = Path(__file__).parent / "versions" / "0002_tables.py"


def main() -> None:
    """Build the schema up to 0001 in a fresh database and write what the models add to it."""
    TABLES_MIGRATION.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="callscope-regenerate-") as directory:
        database = embedded.start(Path(directory))
        try:
            _write_migration(database.url)
        finally:
            database.stop()
    written = TABLES_MIGRATION.read_text()
    TABLES_MIGRATION.write_text("".join(line for line in written.splitlines(True) if not line.startswith("    # ###")))
    for step in (["check", "--select", "I,F401", "--fix", "-q"], ["format", "-q"]):
        subprocess.run([sys.executable, "-m", "ruff", *step, str(TABLES_MIGRATION)], check=True)  # noqa: S603 - own arguments


def _write_migration(url: str) -> None:
    engine = create_sync_engine(url)
    with engine.connect() as connection:
        config = alembic_config(connection)
        command.upgrade(config, "head")
        connection.commit()
        command.revision(config, message="tables", rev_id="0002", autogenerate=True)
    engine.dispose()


if __name__ == "__main__":
    main()
