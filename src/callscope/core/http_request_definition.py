"""How Callscope asks for a number to be dialled."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequestDefinition:
    """A request to send when a number is to be dialled; `body` may hold placeholders: `{{phoneNumberToDial}}`."""

    id: UUID
    scope: str
    url: str
    method: str
    headers: Mapping[str, str]
    body: str | None
    description: str | None
    signing_secret: str
    created_at: datetime
    updated_at: datetime
