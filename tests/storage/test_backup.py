import asyncio
import stat
import tarfile
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from callscope.storage import backup, embedded, migrations
from callscope.storage.backup import BackupFailed, Manifest
from callscope.storage.engine import create_engine, session_factory
from callscope.storage.objects import Objects
from tests.support.ingested_calls import ingest_call

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
SOUND = bytes(range(256)) * 1000


@pytest.fixture(scope="module")
def source() -> Iterator[Path]:
    """A data directory with a running database that holds a call, a recording and a secret."""
    # Not pytest's own directory: as root, the database's account could not reach it when another session begins.
    with tempfile.TemporaryDirectory(prefix="callscope-backup-") as directory:
        data_dir = Path(directory) / "data"
        database = embedded.start(data_dir)
        migrations.upgrade(database.url)
        asyncio.run(fill(database.url, data_dir))
        (data_dir / "secret.key").write_bytes(b"s" * 32)
        yield data_dir
        database.stop()


async def fill(url: str, data_dir: Path) -> None:
    engine = create_engine(url)
    await ingest_call(session_factory(engine), recording_url="https://recordings.example/a.wav", external_id="first")
    await engine.dispose()

    async def sound() -> AsyncIterator[bytes]:
        yield SOUND

    await Objects.open(None, default_dir=data_dir / "objects").put("projects/a/b", sound(), max_bytes=len(SOUND))


def save(source: Path, path: Path) -> Manifest:
    return backup.save(
        path,
        database_url=embedded.url_of(source),
        data_dir=source,
        has_objects=True,
        callscope_version="1",
        now=NOW,
    )


def count(url: str, query: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def test_what_was_saved_is_there_again(source: Path) -> None:
    path, restored = source.parent / "round.tar", source.parent / "round"

    saved = save(source, path)
    put_back = backup.restore(path, data_dir=restored)

    assert put_back == saved
    assert (saved.objects_count, saved.made_at) == (1, NOW.isoformat())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (restored / "objects/projects/a/b").read_bytes() == SOUND
    assert (restored / "secret.key").read_bytes() == b"s" * 32
    database = embedded.start(restored)
    try:
        assert count(database.url, "SELECT count(*) FROM call WHERE external_id = 'first'") == 1
        assert count(database.url, "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'") == 1
        assert migrations.upgrade(database.url) == migrations.newest_revision()
    finally:
        database.stop()


def test_a_backup_of_a_busy_database_is_of_one_moment(source: Path) -> None:
    """Each transaction writes to two tables; a backup that mixed two moments would hold one without the other."""
    url, stop, committed = embedded.url_of(source), threading.Event(), threading.Event()
    with psycopg.connect(url, autocommit=True) as connection:
        for table in ("one", "two"):
            connection.execute(f"CREATE TABLE half_{table} (number integer)")

    def write() -> None:
        with psycopg.connect(url) as connection:
            number = 0
            while not stop.is_set():
                connection.execute("INSERT INTO half_one VALUES (%s)", [number])
                connection.execute("INSERT INTO half_two VALUES (%s)", [number])
                connection.commit()
                committed.set()
                number += 1

    writer = threading.Thread(target=write)
    writer.start()
    committed.wait()
    path, restored = source.parent / "busy.tar", source.parent / "busy"
    save(source, path)
    stop.set()
    writer.join()
    backup.restore(path, data_dir=restored)

    database = embedded.start(restored)
    try:
        one = count(database.url, "SELECT count(*) FROM half_one")
        assert 0 < one <= count(url, "SELECT count(*) FROM half_one")
        assert one == count(database.url, "SELECT count(*) FROM half_two")
    finally:
        database.stop()


def test_nothing_is_written_over(source: Path) -> None:
    path = source.parent / "there.tar"
    path.write_text("mine")

    with pytest.raises(BackupFailed, match="is there already"):
        save(source, path)
    with pytest.raises(BackupFailed, match="is not empty"):
        backup.restore(path, data_dir=source)
    assert path.read_text() == "mine"


def test_a_backup_that_fails_leaves_nothing(source: Path) -> None:
    path = source.parent / "failed.tar"

    with pytest.raises(BackupFailed, match="pg_dump failed"):
        backup.save(
            path,
            database_url="postgresql://nobody@/nothing?host=/nowhere",
            data_dir=source,
            has_objects=True,
            callscope_version="1",
            now=NOW,
        )

    assert list(source.parent.glob("failed*")) == []


@pytest.mark.parametrize("content", [b"", b"no archive at all", b"\x1f\x8b"])
def test_what_is_no_backup_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.tar"
    path.write_bytes(content)

    with pytest.raises(BackupFailed):
        backup.restore(path, data_dir=tmp_path / "new")


def test_an_archive_without_our_manifest_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.tar"
    with tarfile.open(path, "w"):
        pass

    with pytest.raises(BackupFailed, match="no backup of Callscope"):
        backup.restore(path, data_dir=tmp_path / "new")
