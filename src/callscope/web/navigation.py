"""The pages' navigation: one entry a room, in the order a visitor meets them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A page everybody can reach from every page. `permission` is what a visitor needs to be shown it."""

    label: str
    path: str
    permission: str = "call:read"

    def holds(self, path: str) -> bool:
        """Tell whether the page at `path` belongs to this entry."""
        return path == self.path or path.startswith(f"{self.path}/")


PRIMARY = (Entry(label="Calls", path="/calls"), Entry(label="Traces", path="/traces", permission="trace:read"))
"""What stands in the bar."""

SETTINGS: tuple[Entry, ...] = ()
"""What stands beside every page of the settings; the bar's entry Settings leads to the first one a visitor may see."""


def entries_for(entries: tuple[Entry, ...], granted: frozenset[str]) -> tuple[Entry, ...]:
    """Return the entries a visitor may see."""
    return tuple(entry for entry in entries if entry.permission in granted)
