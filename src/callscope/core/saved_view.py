"""What people leave behind while they look: filters under a name, notes on calls."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFilter:
    """A filtered list of calls under a name; `query` is the address's part behind the question mark."""

    id: UUID
    project_id: UUID
    name: str
    query: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CallNote:
    """What somebody wrote on a call; `at_offset_ms` is the moment it speaks of, None for the call as a whole."""

    id: UUID
    call_id: UUID
    author: str
    text: str
    at_offset_ms: int | None
    created_at: datetime
