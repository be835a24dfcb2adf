"""What is done to many calls at once: asked first, with their number, then done."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from callscope.core.roles import Role
from callscope.services import analyses, calls
from callscope.web.call_listing import count_listed, read_page
from callscope.web.list_address import ListAddress, parse_query
from callscope.web.page_route import PageRoute
from callscope.web.pages import FROM_OUR_FORM, Pages, PagesDependency, RequiresRole, Visitor, show

router = APIRouter(route_class=PageRoute, include_in_schema=False)

BATCH_SIZE = 100
MAX_SELECTED = 10_000
"""Of one list at a time: more would keep the browser waiting for an answer."""

Deleter = Annotated[Visitor, Depends(RequiresRole(Role.MEMBER, "call:delete"))]
Editor = Annotated[Visitor, Depends(RequiresRole(Role.MEMBER, "call:update"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionPage:
    """The question before something is done to `count` calls; `is_part` when the list has more."""

    count: int
    is_part: bool
    query: str
    call_ids: tuple[UUID, ...]
    is_all: bool
    back_href: str


class Selection(BaseModel):
    """The calls that were ticked, or all of the list that `query` describes."""

    call: list[UUID] = Field(default_factory=list, max_length=MAX_SELECTED)
    query: str = ""
    all: bool = False


@router.get("/calls/selection")
async def ask(
    request: Request, pages: PagesDependency, visitor: Deleter, selection: Annotated[Selection, Query()]
) -> Response:
    """Ask whether the chosen calls shall go."""
    address, chosen = parse_query(selection.query), tuple(selection.call)
    total = len(chosen)
    if selection.all:
        async with pages.reads() as session:
            total = await count_listed(session, visitor.project_id, address, limit=MAX_SELECTED + 1)
    page = SelectionPage(
        count=min(total, MAX_SELECTED),
        is_part=total > MAX_SELECTED,
        query=address.query,
        call_ids=() if selection.all else chosen,
        is_all=selection.all,
        back_href=address.href(),
    )
    return show(request, "selection.html", page=page)


@router.post("/calls/selection/delete", dependencies=[FROM_OUR_FORM])
async def delete_selected(
    pages: PagesDependency,
    visitor: Deleter,
    call: Annotated[list[UUID] | None, Form(max_length=MAX_SELECTED)] = None,
    query: Annotated[str, Form()] = "",
    all: Annotated[bool, Form()] = False,  # noqa: A002 - the form's name for it
) -> Response:
    """Delete the chosen calls, some at a time, each some in a transaction of their own."""
    address = parse_query(query)
    async for call_ids in _batches(pages, visitor.project_id, address, chosen=call or [], is_all=all):
        async with pages.transactions.begin() as session:
            await calls.delete_calls(session, visitor.project_id, call_ids, now=pages.clock.now())
    return RedirectResponse(address.href(), status_code=303)


@router.post("/calls/selection/analyses", dependencies=[FROM_OUR_FORM])
async def analyse_selected(
    pages: PagesDependency,
    visitor: Editor,
    call: Annotated[list[UUID] | None, Form(max_length=MAX_SELECTED)] = None,
    query: Annotated[str, Form()] = "",
    all: Annotated[bool, Form()] = False,  # noqa: A002 - the form's name for it
) -> Response:
    """Have the chosen calls analysed again; calls that never were stay as they are."""
    address = parse_query(query)
    async for call_ids in _batches(pages, visitor.project_id, address, chosen=call or [], is_all=all):
        async with pages.transactions.begin() as session:
            for call_id in await analyses.latest_of_calls(session, visitor.project_id, call_ids):
                await analyses.rerun(session, visitor.project_id, call_id, at=pages.clock.now())
    return RedirectResponse(address.href(), status_code=303)


async def _batches(
    pages: Pages, project_id: UUID, address: ListAddress, *, chosen: list[UUID], is_all: bool
) -> AsyncIterator[list[UUID]]:
    """Yield the chosen calls in batches; of a whole list as it is read, before anything of a batch is changed."""
    if not is_all:
        for first in range(0, len(chosen), BATCH_SIZE):
            yield chosen[first : first + BATCH_SIZE]
        return
    after, left = None, MAX_SELECTED
    while left > 0:
        async with pages.reads() as session:
            page = await read_page(session, project_id, address, after=after, limit=min(BATCH_SIZE, left))
        if page.items:
            yield [one.id for one in page.items]
        after, left = page.next_cursor, left - len(page.items)
        if after is None:
            return
