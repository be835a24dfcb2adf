"""Pages of long lists, and the cursors that lead from one to the next."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from callscope.core.errors import InvalidInput

ItemT = TypeVar("ItemT")


DEFAULT_PAGE_LIMIT = 20
MAX_PAGE_LIMIT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """A place in a list and how many items to return from there."""

    after: str | None = None
    limit: int = DEFAULT_PAGE_LIMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[ItemT]):
    """One page. `next_cursor` is None on the last one; `total` counts all items of all pages."""

    items: tuple[ItemT, ...]
    next_cursor: str | None
    total: int


def encode_cursor(*parts: str | float | None) -> str:
    """Return an opaque cursor that holds `parts`."""
    packed = json.dumps(parts, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def decode_cursor(cursor: str, *, size: int) -> list[Any]:
    """Return the `size` parts of a cursor made by `encode_cursor`. Raises InvalidInput for anything else."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise unknown_cursor() from error
    if not isinstance(parts, list) or len(parts) != size:
        raise unknown_cursor()
    return parts


def unknown_cursor() -> InvalidInput:
    """Return the error for a cursor that is none of ours, or one of another list or order."""
    message = "`after` is not a cursor of this list and order. Send the `nextCursor` of the previous page unchanged."
    return InvalidInput.at("after", message=message)
