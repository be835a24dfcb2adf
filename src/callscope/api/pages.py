"""The query and the answer of lists that are ordered by when their items were made."""

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Depends, Query, Response
from pydantic import BaseModel

from callscope.api.answers import answer
from callscope.api.schemas.base import PageEnvelope, Pagination
from callscope.core.errors import InvalidInput
from callscope.core.page import DEFAULT_PAGE_LIMIT, MAX_PAGE_LIMIT, Page, PageRequest

MAX_CURSOR_LENGTH = 4096
MAX_SEARCH_LENGTH = 1000

ItemT = TypeVar("ItemT")
After = Annotated[str | None, Query(max_length=MAX_CURSOR_LENGTH, description="The `nextCursor` of the page before.")]
SearchText = Annotated[str | None, Query(alias="searchText", max_length=MAX_SEARCH_LENGTH)]


async def _page_request(
    after: After = None, limit: Annotated[int, Query(ge=1, le=MAX_PAGE_LIMIT)] = DEFAULT_PAGE_LIMIT
) -> PageRequest:
    return PageRequest(after=after, limit=limit)


PageQuery = Annotated[PageRequest, Depends(_page_request)]


def answer_page(page: Page[ItemT], to_read: Callable[[ItemT], BaseModel]) -> Response:
    """Return a page of items as the wire shows them."""
    pagination = Pagination(has_more=page.next_cursor is not None, next_cursor=page.next_cursor, total=page.total)
    return answer(PageEnvelope(data=[to_read(item) for item in page.items], pagination=pagination))


def check_nul(**texts: str | None) -> None:
    """Raise InvalidInput for the first text, by its wire name, that contains what PostgreSQL cannot compare with."""
    for name, text in texts.items():
        if text is not None and "\0" in text:
            raise InvalidInput.at(name, message=f"`{name}` contains a NUL character. Remove it.")
