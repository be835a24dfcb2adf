"""Signing in with an account or an API key, by one-time link for the first time, and out."""

from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from callscope.core.account import Account
from callscope.core.errors import CallscopeError, Conflict, InvalidInput, PermissionMissing, Unauthenticated
from callscope.services import accounts, visits
from callscope.web.page_route import SESSION_COOKIE, PageRoute, set_cookie
from callscope.web.pages import FROM_OUR_FORM, Pages, PagesDependency, show

router = APIRouter(route_class=PageRoute, include_in_schema=False)

HOME = "/calls"

Address = Annotated[str, Form(max_length=320)]
Password = Annotated[str, Form(max_length=512)]
Next = Annotated[str, Form()]


@router.get("/")
async def home() -> Response:
    """Lead to the list of calls."""
    return RedirectResponse(HOME, status_code=303)


@router.get("/sign-in")
async def ask(request: Request, next: str = HOME) -> Response:  # noqa: A002 - the address shows this name
    """Show the forms."""
    return _ask_again(request, next, email="", problem=None)


@router.post("/sign-in", dependencies=[FROM_OUR_FORM])
async def sign_in(
    request: Request,
    pages: PagesDependency,
    *,
    email: Address = "",
    password: Password = "",
    api_key: Password = "",
    next: Next = HOME,  # noqa: A002 - as above
) -> Response:
    """Begin the session of an account or of a key; what is refused says why."""
    try:
        secret = await (_by_key(request, pages, api_key) if api_key else _by_password(request, pages, email, password))
    except (Unauthenticated, PermissionMissing) as error:
        return _ask_again(request, next, email=email, problem=error)
    return _signed_in(request, secret, _own_path(next))


async def _by_password(request: Request, pages: Pages, email: str, password: str) -> str:
    async with pages.transactions.begin() as session:
        account = await accounts.sign_in(session, email=email, password=password, now=pages.clock.now())
    if not isinstance(account, Account):
        raise account
    return await _begin(request, pages, account_id=account.id)


async def _by_key(request: Request, pages: Pages, api_key: str) -> str:
    principal = await pages.reader.authenticate(api_key.strip())
    principal.require("call:read")
    async with pages.transactions.begin() as session:
        return await visits.begin(
            session,
            principal.project_id,
            api_key_id=principal.key_id,
            user_agent=_user_agent(request),
            now=pages.clock.now(),
        )


async def _begin(request: Request, pages: Pages, *, account_id: UUID, project_id: UUID | None = None) -> str:
    async with pages.transactions.begin() as session:
        account = await accounts.require_account(session, account_id)
        return await visits.begin(
            session,
            project_id or await visits.first_project(session, account),
            account_id=account.id,
            user_agent=_user_agent(request),
            now=pages.clock.now(),
        )


def _ask_again(request: Request, next_address: str, *, email: str, problem: CallscopeError | None) -> Response:
    status = 200 if problem is None else 403 if isinstance(problem, PermissionMissing) else 401
    message = None if problem is None else problem.message
    return show(
        request,
        "sign_in.html",
        status_code=status,
        next_address=_own_path(next_address),
        email=email,
        problem=message,
    )


@router.get("/welcome/{secret}")
async def welcome(request: Request, pages: PagesDependency, secret: str) -> Response:
    """Show what a one-time link is good for, and ask for a name and a password. Raises LinkInvalid."""
    return await _welcome(request, pages, secret, problem=None)


@router.post("/welcome/{secret}", dependencies=[FROM_OUR_FORM])
async def accept(
    request: Request,
    pages: PagesDependency,
    secret: str,
    *,
    email: Address = "",
    name: Annotated[str, Form(max_length=512)] = "",
    password: Password = "",
) -> Response:
    """Use the link up: make the account and sign it in. Raises LinkInvalid."""
    try:
        async with pages.transactions.begin() as session:
            account, project_id = await accounts.accept(
                session, secret, email=email, name=name, password=password, now=pages.clock.now()
            )
    except (InvalidInput, Conflict) as error:
        return await _welcome(request, pages, secret, email=email, name=name, problem=error)
    return _signed_in(request, await _begin(request, pages, account_id=account.id, project_id=project_id), HOME)


async def _welcome(
    request: Request, pages: Pages, secret: str, *, problem: CallscopeError | None, email: str = "", name: str = ""
) -> Response:
    async with pages.transactions.begin() as session:
        invitation = await accounts.open_link(session, secret, now=pages.clock.now())
    return show(
        request,
        "welcome.html",
        status_code=200 if problem is None else 400,
        invitation=invitation,
        shortest_password=accounts.SHORTEST_PASSWORD,
        email=email,
        name=name,
        problem=None if problem is None else problem.message,
    )


def _signed_in(request: Request, secret: str, address: str) -> Response:
    response = RedirectResponse(address, status_code=303)
    set_cookie(response, request, SESSION_COOKIE, secret, lifetime=visits.LIFETIME)
    return response


@router.post("/sign-out", dependencies=[FROM_OUR_FORM])
async def sign_out(request: Request, pages: PagesDependency) -> Response:
    """End the session."""
    response = RedirectResponse("/sign-in", status_code=303)
    response.delete_cookie(SESSION_COOKIE)
    try:
        async with pages.transactions.begin() as session:
            visitor = await visits.recognise(session, request.cookies.get(SESSION_COOKIE), now=pages.clock.now())
            await visits.end(session, visitor.session_id)
    except Unauthenticated:
        # It was over before; what was wanted is so.
        return response
    return response


def _user_agent(request: Request) -> str:
    return request.headers.get("user-agent", "")


def _own_path(address: str) -> str:
    """Return `address` if it leads to a page of ours, else the home page: nobody may be sent elsewhere."""
    parts = urlsplit(address)
    is_own = not parts.scheme and not parts.netloc and parts.path.startswith("/") and not address.startswith("//")
    return address if is_own and "\\" not in address else HOME
