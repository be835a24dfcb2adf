"""Write the migration that the models ask for: `python -m callscope.storage.migrations.write NAME`."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command

from callscope.storage import embedded
from callscope.storage.engine import create_sync_engine
from callscope.storage.migrations import alembic_config, newest_revision

VERSIONS = Path(__file__).parent / "versions"


def main() -> None:
    """Migrate a fresh database to the newest revision and write what the models have beyond it."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("name", help="what it is about, in snake_case: it becomes part of the file's name")
    name = arguments.parse_args().name
    revision = f"{int(newest_revision()) + 1:04d}"
    with tempfile.TemporaryDirectory(prefix="callscope-migration-") as directory:
        database = embedded.start(Path(directory))
        try:
            _write(database.url, revision=revision, name=name)
        finally:
            database.stop()
    path = VERSIONS / f"{revision}_{name}.py"
    path.write_text("".join(line for line in path.read_text().splitlines(True) if not line.startswith("    # ###")))
    for step in (["check", "--select", "I,F401", "--fix", "-q"], ["format", "-q"]):
        subprocess.run([sys.executable, "-m", "ruff", *step, str(path)], check=True)  # noqa: S603 - own arguments
    sys.stdout.write(f"{path}\n")


def _write(url: str, *, revision: str, name: str) -> None:
    engine = create_sync_engine(url)
    with engine.connect() as connection:
        config = alembic_config(connection)
        command.upgrade(config, "head")
        connection.commit()
        command.revision(config, message=name, rev_id=revision, autogenerate=True)
    engine.dispose()


if __name__ == "__main__":
    main()
