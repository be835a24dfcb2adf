"""A whole installation in one file: its embedded database as of one moment, its local recordings, its secret."""

import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from callscope.core.errors import CallscopeError
from callscope.storage import embedded

FORMAT = 1
MANIFEST = "callscope-backup.json"
DUMP = "database.dump"
OBJECTS = "objects"
SECRET = "secret.key"  # noqa: S105 - the name of a file


class BackupFailed(CallscopeError):
    """The backup could not be made or put back; the message says why and what to do."""

    code = "backup_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says of itself. `objects_count` is None when the recordings lie in a store of their own."""

    made_at: str
    callscope_version: str
    objects_count: int | None


def save(
    path: Path, *, database_url: str, data_dir: Path, has_objects: bool, callscope_version: str, now: datetime
) -> Manifest:
    """Write a backup to `path`, whole or not at all, readable by its owner only. The service may run meanwhile.

    The database is dumped as of one moment, and the recordings are copied after it: every one the database knows of
    was stored before that moment. Raises BackupFailed.
    """
    if path.exists():
        raise BackupFailed(f"{path} is there already. Choose another name, or remove it.")
    with _written_whole(path) as partial, tempfile.TemporaryDirectory(dir=path.absolute().parent) as scratch:
        dump = Path(scratch) / DUMP
        _run("pg_dump", "--format=custom", f"--file={dump}", database_url)
        with tarfile.open(partial, "w") as archive:
            archive.add(dump, DUMP)
            dump.unlink()
            count = _add_files(archive, data_dir / OBJECTS) if has_objects else None
            if (data_dir / SECRET).exists():
                archive.add(data_dir / SECRET, SECRET)
            manifest = Manifest(made_at=now.isoformat(), callscope_version=callscope_version, objects_count=count)
            _add_manifest(archive, manifest, Path(scratch))
    return manifest


def restore(path: Path, *, data_dir: Path) -> Manifest:
    """Make a new data directory of a backup; its database is left stopped, at its old schema. Raises BackupFailed."""
    if data_dir.exists() and any(data_dir.iterdir()):
        raise BackupFailed(f"{data_dir} is not empty. Restore into a new data directory, then use that one.")
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(path, "r:") as archive:
            manifest = _read_manifest(archive, path)
            archive.extractall(data_dir, members=_wanted(archive), filter="data")
    except (OSError, tarfile.TarError) as error:
        raise BackupFailed(f"{path} cannot be read as a backup: {error}.") from error
    dump = data_dir / DUMP
    database = embedded.start(data_dir)
    try:
        _run(
            "pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={database.url}", str(dump)
        )
    finally:
        database.stop()
        dump.unlink()
    return manifest


def _add_files(archive: tarfile.TarFile, directory: Path) -> int:
    count = 0
    for file in sorted(directory.rglob("*")):
        # One that was removed since it was listed belongs to a call that was deleted since.
        try:
            info = archive.gettarinfo(file, f"{OBJECTS}/{file.relative_to(directory)}")
            if info.isfile():
                with file.open("rb") as content:
                    archive.addfile(info, content)
                count += 1
        except FileNotFoundError:
            continue
    return count


def _add_manifest(archive: tarfile.TarFile, manifest: Manifest, scratch: Path) -> None:
    path = scratch / MANIFEST
    fields = {"format": FORMAT, "made_at": manifest.made_at, "callscope_version": manifest.callscope_version}
    path.write_text(json.dumps({**fields, "objects_count": manifest.objects_count}))
    archive.add(path, MANIFEST)


def _read_manifest(archive: tarfile.TarFile, path: Path) -> Manifest:
    try:
        file = archive.extractfile(MANIFEST)
    except KeyError:
        file = None
    if file is None:
        raise BackupFailed(f"{path} is no backup of Callscope, or one that was not finished.")
    fields = json.load(file)
    if fields.pop("format") != FORMAT:
        raise BackupFailed(f"{path} was made by another release; restore it with that one, then update.")
    return Manifest(**fields)


def _wanted(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for member in archive:
        if member.name in (DUMP, SECRET) or member.name.startswith(f"{OBJECTS}/"):
            yield member


@contextmanager
def _written_whole(path: Path) -> Iterator[Path]:
    """Yield a name to write under; what is there at the end of the block appears at `path`, on the disk."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        descriptor = os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        os.close(descriptor)
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.rename(path)
    except OSError as error:
        raise BackupFailed(f"The backup cannot be written to {path}: {error.strerror}.") from error
    finally:
        partial.unlink(missing_ok=True)


def _run(program: str, *arguments: str) -> None:
    done = embedded.run_program(program, arguments)
    if done.returncode:
        raise BackupFailed(f"{program} failed: {done.stderr.strip() or done.returncode}")
