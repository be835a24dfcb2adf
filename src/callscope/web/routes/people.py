"""The settings that are about people: members of the project, one's own sessions and password, one's projects."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from callscope.core.account import Account
from callscope.core.errors import InvalidInput, PermissionMissing
from callscope.core.roles import Role
from callscope.services import accounts, projects, visits
from callscope.web.page_route import PageRoute
from callscope.web.pages import FROM_OUR_FORM, Pages, PagesDependency, RequiresAccount, Visitor, show

router = APIRouter(prefix="/settings", route_class=PageRoute, include_in_schema=False)

MEMBERS = "/settings/members"
YOU = "/settings/you"
PROJECTS = "/settings/projects"

Admin = Annotated[Visitor, Depends(RequiresAccount(Role.ADMIN))]
Anybody = Annotated[Visitor, Depends(RequiresAccount(Role.VIEWER))]


@router.get("/members")
async def list_members(request: Request, pages: PagesDependency, visitor: Admin) -> Response:
    """Show who may do what in the project, and invitations that were not taken up."""
    return await _members(request, pages, visitor)


async def _members(
    request: Request,
    pages: Pages,
    visitor: Visitor,
    *,
    status_code: int = 200,
    link: str | None = None,
    email: str = "",
    problem: str | None = None,
) -> Response:
    async with pages.reads() as session:
        members = await accounts.members_of(session, visitor.project_id)
        operators = await accounts.operators(session)
        waiting = await accounts.waiting_invitations(session, visitor.project_id, now=pages.clock.now())
    return show(
        request,
        "members.html",
        status_code=status_code,
        members=members,
        operators=operators,
        waiting=waiting,
        roles=[role for role in Role if visitor.role.includes(role)],
        link=link,
        email=email,
        problem=problem,
    )


@router.post("/members", dependencies=[FROM_OUR_FORM])
async def invite(
    request: Request,
    pages: PagesDependency,
    visitor: Admin,
    email: Annotated[str, Form(max_length=320)],
    role: Annotated[Role, Form()],
) -> Response:
    """Make somebody a member: at once when they have an account, else by a link that is shown this once."""
    try:
        async with pages.transactions.begin() as session:
            secret = await accounts.invite(
                session, visitor.project_id, by=visitor.role, email=email, role=role, now=pages.clock.now()
            )
    except InvalidInput as error:
        return await _members(request, pages, visitor, status_code=400, email=email, problem=error.message)
    if secret is None:
        return RedirectResponse(MEMBERS, status_code=303)
    link = f"{str(request.base_url).rstrip('/')}/welcome/{secret}"
    return await _members(request, pages, visitor, link=link, email=email)


@router.post("/members/{account_id}/role", dependencies=[FROM_OUR_FORM])
async def change_role(
    pages: PagesDependency, visitor: Admin, account_id: UUID, role: Annotated[Role, Form()]
) -> Response:
    """Give a member another role."""
    _require_other(visitor, account_id)
    async with pages.transactions.begin() as session:
        await accounts.change_role(session, visitor.project_id, account_id, by=visitor.role, role=role)
    return RedirectResponse(MEMBERS, status_code=303)


@router.post("/members/{account_id}/remove", dependencies=[FROM_OUR_FORM])
async def remove_member(pages: PagesDependency, visitor: Admin, account_id: UUID) -> Response:
    """End a member's part in the project, at once."""
    _require_other(visitor, account_id)
    async with pages.transactions.begin() as session:
        await accounts.remove_member(session, visitor.project_id, account_id, by=visitor.role)
    return RedirectResponse(MEMBERS, status_code=303)


@router.post("/invitations/{invitation_id}/take-back", dependencies=[FROM_OUR_FORM])
async def take_back(pages: PagesDependency, visitor: Admin, invitation_id: UUID) -> Response:
    """Make an invitation useless."""
    async with pages.transactions.begin() as session:
        await accounts.take_back(session, visitor.project_id, invitation_id)
    return RedirectResponse(MEMBERS, status_code=303)


@router.get("/you")
async def show_own(request: Request, pages: PagesDependency, visitor: Anybody) -> Response:
    """Show where one is signed in, and the form for another password."""
    return await _own(request, pages, visitor)


async def _own(request: Request, pages: Pages, visitor: Visitor, *, problem: InvalidInput | None = None) -> Response:
    async with pages.reads() as session:
        sessions = await visits.sessions_of(session, _account(visitor).id, now=pages.clock.now())
    status_code = 200 if problem is None else 400
    return show(request, "you.html", status_code=status_code, sessions=sessions, problem=problem)


@router.post("/you/password", dependencies=[FROM_OUR_FORM])
async def change_password(
    request: Request,
    pages: PagesDependency,
    visitor: Anybody,
    current: Annotated[str, Form(max_length=512)],
    new: Annotated[str, Form(max_length=512)],
) -> Response:
    """Change one's password; every other session of the account ends."""
    account = _account(visitor)
    try:
        async with pages.transactions.begin() as session:
            await accounts.change_password(session, account.id, current=current, new=new)
            await visits.end_others(session, account.id, but=visitor.session_id)
    except InvalidInput as error:
        return await _own(request, pages, visitor, problem=error)
    return RedirectResponse(YOU, status_code=303)


@router.post("/you/sessions/{session_id}/end", dependencies=[FROM_OUR_FORM])
async def end_session(pages: PagesDependency, visitor: Anybody, session_id: UUID) -> Response:
    """End one of one's own sessions, this one perhaps."""
    async with pages.transactions.begin() as session:
        await visits.end(session, session_id, account_id=_account(visitor).id)
    return RedirectResponse(YOU, status_code=303)


@router.get("/projects")
async def list_projects(request: Request, pages: PagesDependency, visitor: Anybody) -> Response:
    """Show the projects one may look at, and to the operator the form for another one."""
    async with pages.reads() as session:
        reachable = await accounts.projects_of(session, _account(visitor))
    return show(request, "projects.html", projects=reachable)


@router.post("/projects/{project_id}/choose", dependencies=[FROM_OUR_FORM])
async def choose_project(pages: PagesDependency, visitor: Anybody, project_id: UUID) -> Response:
    """Look at another project from now on."""
    async with pages.transactions.begin() as session:
        await visits.choose_project(session, visitor, project_id)
    return RedirectResponse("/calls", status_code=303)


@router.post("/projects", dependencies=[FROM_OUR_FORM])
async def create_project(
    pages: PagesDependency, visitor: Anybody, name: Annotated[str, Form(max_length=512)]
) -> Response:
    """Make a project. Only who runs the installation does."""
    if not _account(visitor).is_operator:
        raise PermissionMissing("Only who runs this installation makes projects.")
    async with pages.transactions.begin() as session:
        await projects.create_project(session, name)
    return RedirectResponse(PROJECTS, status_code=303)


def _account(visitor: Visitor) -> Account:
    if visitor.account is None:
        raise RuntimeError("RequiresAccount lets nobody in without one")
    return visitor.account


def _require_other(visitor: Visitor, account_id: UUID) -> None:
    if account_id == _account(visitor).id:
        raise PermissionMissing("Nobody changes their own role or removes themselves. Ask another admin.")
