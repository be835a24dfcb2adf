"""The watch over the embedded database."""

import asyncio
from pathlib import Path

import pytest

from callscope.boot import database
from callscope.boot.settings import Settings
from callscope.storage import embedded


async def test_a_database_that_cannot_be_revived_yet_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[Path] = []
    revived = asyncio.Event()
    loop = asyncio.get_running_loop()

    def revive(data_dir: Path) -> None:
        tries.append(data_dir)
        if len(tries) == 1:
            raise embedded.DatabaseUnavailable("No space left on device")
        loop.call_soon_threadsafe(revived.set)

    monkeypatch.setattr(embedded, "revive", revive)
    monkeypatch.setattr(database, "WATCH_INTERVAL_S", 0)
    watching = asyncio.create_task(database.keep_running(Settings(data_dir=tmp_path, database_url=None)))

    await revived.wait()

    watching.cancel()
    assert tries[0] == tmp_path
