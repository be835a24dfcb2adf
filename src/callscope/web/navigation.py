"""The pages' navigation: one entry a room, in the order a visitor meets them."""

from dataclasses import dataclass

from callscope.services.visits import Visitor


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A page everybody can reach from every page. `permission` is what a visitor needs to be shown it.

    `needs_account` hides it from who signed in by API key. `further` are addresses of other pages that belong to it.
    """

    label: str
    path: str
    permission: str = "call:read"
    needs_account: bool = False
    further: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Tell whether the page at `path` belongs to this entry."""
        return any(path == one or path.startswith(f"{one}/") for one in (self.path, *self.further))


PRIMARY = (
    Entry(label="Overview", path="/overview"),
    Entry(label="Calls", path="/calls"),
    Entry(label="Agents", path="/agents"),
    Entry(label="Traces", path="/traces", permission="trace:read"),
    Entry(label="Metrics", path="/metrics", permission="metric:read", further=("/policies", "/collection-jobs")),
)
"""What stands in the bar."""

SETTINGS: tuple[Entry, ...] = (
    Entry(label="You", path="/settings/you", needs_account=True),
    Entry(label="Projects", path="/settings/projects", needs_account=True),
    Entry(label="Members", path="/settings/members", permission="api-key:create", needs_account=True),
    Entry(label="API keys", path="/settings/keys", permission="api-key:create"),
    Entry(label="Webhooks", path="/settings/webhooks", permission="webhook:create"),
    Entry(label="Storage", path="/settings/storage", permission="integration:update"),
    Entry(label="Jobs", path="/settings/jobs", permission="call:update"),
)
"""What stands beside every page of the settings; the bar's entry Settings leads to the first one a visitor may see."""


def entries_for(entries: tuple[Entry, ...], visitor: Visitor) -> tuple[Entry, ...]:
    """Return the entries a visitor may see."""
    return tuple(
        entry
        for entry in entries
        if entry.permission in visitor.granted and (visitor.account is not None or not entry.needs_account)
    )
