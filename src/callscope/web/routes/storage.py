"""The settings page of what is kept: how much there is, how long it stays, what goes next."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from callscope.core.project_rules import LONGEST_RETENTION_DAYS
from callscope.core.roles import Role
from callscope.services import lifetimes, project_rules
from callscope.web.page_route import PageRoute
from callscope.web.pages import FROM_OUR_FORM, Pages, PagesDependency, RequiresAccount, RequiresRole, Visitor, show
from callscope.web.views.storage import RULES, build_storage_page, view_kept

router = APIRouter(prefix="/settings/storage", route_class=PageRoute, include_in_schema=False)

STORAGE = "/settings/storage"

Reader = Annotated[Visitor, Depends(RequiresRole(Role.ADMIN, "project:read"))]
Keeper = Annotated[Visitor, Depends(RequiresAccount(Role.ADMIN))]
"""An account: a key that may change rules does so by `PATCH /v1/project/rules`."""

Days = Annotated[str, Form(max_length=16)]


@router.get("")
async def show_storage(
    request: Request, pages: PagesDependency, visitor: Reader, *, is_sweeping: bool = False
) -> Response:
    """Show how long things are kept and what goes next; how much there is follows, for it takes counting."""
    return await _storage(request, pages, visitor, is_sweeping=is_sweeping)


async def _storage(
    request: Request,
    pages: Pages,
    visitor: Visitor,
    *,
    is_sweeping: bool = False,
    given: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
) -> Response:
    longest_trace_days = pages.parts.trace_retention_days
    async with pages.reads() as session:
        rules = await project_rules.read_rules(session, visitor.project_id)
        sweep = await lifetimes.next_sweep(
            session, visitor.project_id, rules, longest_trace_days=longest_trace_days, now=pages.clock.now()
        )
    page = build_storage_page(
        rules, sweep, longest_trace_days=longest_trace_days, given=given or {}, problems=problems or {}
    )
    status_code = 400 if problems else 200
    return show(request, "storage.html", status_code=status_code, page=page, is_sweeping=is_sweeping)


@router.get("/kept")
async def show_kept(request: Request, pages: PagesDependency, visitor: Reader) -> Response:
    """Show how much there is: of this project, and to who runs the installation of every one."""
    is_operator = visitor.account is not None and visitor.account.is_operator
    async with pages.reads() as session:
        if is_operator:
            kept = await lifetimes.kept_of_every_project(session)
        else:
            kept = (await lifetimes.kept_of_project(session, visitor.project_id),)
    return show(request, "_kept.html", rows=[view_kept(each) for each in kept])


@router.post("/rules", dependencies=[FROM_OUR_FORM])
async def change_rules(
    request: Request,
    pages: PagesDependency,
    visitor: Keeper,
    *,
    recordings: Days = "",
    transcripts: Days = "",
    traces: Days = "",
) -> Response:
    """Change how long things are kept; an empty field keeps for ever."""
    given = {"recordings": recordings, "transcripts": transcripts, "traces": traces}
    changes, problems = _read_days(given)
    if problems:
        return await _storage(request, pages, visitor, given=given, problems=problems)
    async with pages.transactions.begin() as session:
        await project_rules.change_rules(session, visitor.project_id, changes)
    return RedirectResponse(STORAGE, status_code=303)


@router.post("/sweep", dependencies=[FROM_OUR_FORM])
async def sweep_now(pages: PagesDependency, visitor: Keeper) -> Response:  # noqa: ARG001 - asked who it is
    """Have what is past its time deleted now instead of within the hour."""
    async with pages.transactions.begin() as session:
        await lifetimes.sweep_now(session, now=pages.clock.now())
    return RedirectResponse(f"{STORAGE}?is_sweeping=true", status_code=303)


def _read_days(given: Mapping[str, str]) -> tuple[dict[str, int | None], dict[str, str]]:
    """Return the rules that the form's fields say, and what is wrong with those that say none."""
    changes: dict[str, int | None] = {}
    problems = {}
    for rule in RULES:
        days = given[rule.name].strip()
        if not days:
            changes[rule.column] = None
        elif days.isascii() and days.isdigit() and 1 <= int(days) <= LONGEST_RETENTION_DAYS:
            changes[rule.column] = int(days)
        else:
            problems[rule.name] = f"Give a whole number from 1 to {LONGEST_RETENTION_DAYS}, or nothing."
    return changes, problems
