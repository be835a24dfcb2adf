"""Pages of long lists, and the cursors that lead from one to the next."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

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
    """One page. `next_cursor` is None on the last one; `total` counts all items of all pages.

    `is_counted_out` is false of a long list that was counted so far and no further: it has `total` items or more.
    """

    items: tuple[ItemT, ...]
    next_cursor: str | None
    total: int
    is_counted_out: bool = True


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


def page_of(
    items: Sequence[ItemT], request: PageRequest, *, id_of: Callable[[ItemT], UUID], of_list: str
) -> Page[ItemT]:
    """Return one page of a list that is short enough to be read whole; `of_list` names it in cursors.

    Raises InvalidInput for a cursor of another list, or to an item that is gone.
    """
    start = 0
    if request.after is not None:
        named, last_id = decode_cursor(request.after, size=2)
        positions = {str(id_of(item)): position for position, item in enumerate(items)}
        if named != of_list or last_id not in positions:
            raise unknown_cursor()
        start = positions[last_id] + 1
    shown = items[start : start + request.limit]
    has_more = start + request.limit < len(items)
    next_cursor = encode_cursor(of_list, str(id_of(shown[-1]))) if has_more else None
    return Page(items=tuple(shown), next_cursor=next_cursor, total=len(items))


def unknown_cursor() -> InvalidInput:
    """Return the error for a cursor that is none of ours, or one of another list or order."""
    message = "`after` is not a cursor of this list and order. Send the `nextCursor` of the previous page unchanged."
    return InvalidInput.at("after", message=message)
