from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pydantic import SecretStr

from callscope.boot.secret import SECRET_BYTES, signing_secret
from callscope.boot.settings import Settings


def test_it_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")

    first = signing_secret(settings)

    assert len(first) == SECRET_BYTES
    assert signing_secret(settings) == first
    (kept,) = (tmp_path / "data").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: signing_secret(settings), range(32)))

    assert len(made) == 1


def test_the_operators_own_wins(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, secret_key=SecretStr("shared by all hosts"))

    assert signing_secret(settings) == b"shared by all hosts"
    assert list(tmp_path.iterdir()) == []
