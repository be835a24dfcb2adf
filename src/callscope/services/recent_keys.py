"""Keys that were just looked up, so that a busy sender does not cost a query a request."""

from datetime import datetime, timedelta
from uuid import UUID

from callscope.storage.api_keys import StoredKey

REMEMBERED_FOR = timedelta(seconds=1)


class RecentKeys:
    """The good keys of the last second, by digest.

    A key that this process revokes is refused at once (`forget`), one that another process revokes within a second.
    """

    def __init__(self) -> None:
        self._found: dict[bytes, tuple[datetime, StoredKey]] = {}

    def find(self, digest: bytes, *, now: datetime) -> StoredKey | None:
        """Return the key of that digest if it was remembered within the last second."""
        remembered_at, key = self._found.get(digest, (None, None))
        return key if remembered_at is not None and now - remembered_at < REMEMBERED_FOR else None

    def remember(self, digest: bytes, key: StoredKey, *, now: datetime) -> None:
        """Keep a key that was just read."""
        self._found[digest] = (now, key)

    def forget(self, key_id: UUID) -> None:
        """Drop a key that was revoked."""
        self._found = {digest: found for digest, found in self._found.items() if found[1].id != key_id}
