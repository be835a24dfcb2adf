"""The secret that signs addresses and sessions: the operator's, or one made once in the data directory."""

import os
import secrets
import tempfile
from pathlib import Path

from callscope.boot.settings import Settings

SECRET_BYTES = 32


def signing_secret(settings: Settings) -> bytes:
    """Return the secret; several processes that start at once agree on one."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    path = settings.data_dir / "secret.key"
    if not path.exists():
        _make(path)
    return path.read_bytes()


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written whole (and readable by its owner only), then linked: whoever links first has made the secret of all.
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix="secret-") as file:
        file.write(secrets.token_bytes(SECRET_BYTES))
        file.flush()
        try:
            os.link(file.name, path)
        except FileExistsError:
            return
