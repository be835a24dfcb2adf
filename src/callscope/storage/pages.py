"""Pages of lists that are ordered by when their items were made, newest first."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callscope.core.page import Page, PageRequest, decode_cursor, encode_cursor, unknown_cursor
from callscope.storage.base import Base

RowT = TypeVar("RowT", bound=Base)
ItemT = TypeVar("ItemT")


async def newest_first(
    session: AsyncSession,
    row: type[RowT],
    matching: list[ColumnElement[bool]],
    request: PageRequest,
    to_item: Callable[[RowT], ItemT],
) -> Page[ItemT]:
    """Return one page of the rows that match, by their ids, which grow with time.

    Raises InvalidInput for a cursor of another list.
    """
    row_id = row.__table__.c.id
    query = select(row).where(*matching).order_by(row_id.desc()).limit(request.limit + 1)
    if request.after is not None:
        query = query.where(row_id < _place(request.after, row.__tablename__))
    total = (await session.execute(select(func.count()).select_from(row).where(*matching))).scalar_one()
    found = (await session.scalars(query)).all()
    shown = found[: request.limit]
    has_more = len(found) > request.limit
    next_cursor = encode_cursor(row.__tablename__, str(getattr(shown[-1], "id"))) if has_more else None  # noqa: B009 - every row has one, which the bound cannot say
    return Page(items=tuple(to_item(each) for each in shown), next_cursor=next_cursor, total=total)


def _place(cursor: str, table: str) -> UUID:
    of_table, last_id = decode_cursor(cursor, size=2)
    if of_table != table:
        raise unknown_cursor()
    try:
        return UUID(last_id)
    except (ValueError, TypeError, AttributeError) as error:
        raise unknown_cursor() from error
