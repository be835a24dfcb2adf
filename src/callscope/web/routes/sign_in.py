"""Signing in with an account or an API key, by one-time link for the first time, and out."""

from datetime import timedelta
from typing import Annotated
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from callscope.core.account import Account
from callscope.core.errors import CallscopeError, Conflict, InvalidInput, NotFound, PermissionMissing, Unauthenticated
from callscope.services import accounts, provider_accounts, visits
from callscope.services.sign_in_provider import ATTEMPT_LIFETIME_S, SignInFailed, SignInProvider
from callscope.web.page_route import ATTEMPT_COOKIE, SESSION_COOKIE, PageRoute, set_cookie
from callscope.web.pages import FROM_OUR_FORM, Pages, PagesDependency, pages_of, show

router = APIRouter(route_class=PageRoute, include_in_schema=False)

HOME = "/calls"
PROVIDER = "/sign-in/provider"
CALLBACK = "/sign-in/provider/callback"
"""What the provider must know as this installation's redirect URI, behind its address."""

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
    own_address, provider = _own_path(next_address), pages_of(request).provider
    return show(
        request,
        "sign_in.html",
        status_code=status,
        provider_label=None if provider is None else provider.rules.label,
        provider_href=f"{PROVIDER}?{urlencode({'next': own_address})}",
        next_address=own_address,
        email=email,
        problem=message,
    )


@router.get(PROVIDER)
async def ask_provider(request: Request, pages: PagesDependency, next: str = HOME) -> Response:  # noqa: A002 - as above
    """Send the browser to the sign-in provider."""
    provider = _provider(pages)
    attempt = provider.new_attempt()
    try:
        address = await provider.authorization_address(attempt, redirect_uri=_callback_address(request, pages))
    except SignInFailed as error:
        return _ask_again(request, next, email="", problem=error)
    response = RedirectResponse(address, status_code=303)
    kept = urlencode({"attempt": attempt, "next": _own_path(next)})
    set_cookie(response, request, ATTEMPT_COOKIE, kept, lifetime=timedelta(seconds=ATTEMPT_LIFETIME_S))
    return response


@router.get(CALLBACK)
async def return_from_provider(request: Request, pages: PagesDependency) -> Response:
    """Sign in whoever the provider vouches for; what is refused says why."""
    kept = dict(parse_qsl(request.cookies.get(ATTEMPT_COOKIE, "")))
    next_address = kept.get("next", HOME)
    try:
        secret = await _by_provider(request, pages, kept.get("attempt"))
        response = _signed_in(request, secret, _own_path(next_address))
    except (SignInFailed, PermissionMissing) as error:
        response = _ask_again(request, next_address, email="", problem=error)
    response.delete_cookie(ATTEMPT_COOKIE)
    return response


async def _by_provider(request: Request, pages: Pages, attempt: str | None) -> str:
    provider = _provider(pages)
    answer, redirect_uri = dict(request.query_params), _callback_address(request, pages)
    identity = await provider.identify(attempt, answer, redirect_uri=redirect_uri)
    async with pages.transactions.begin() as session:
        account = await provider_accounts.account_of(session, identity, provider.rules, now=pages.clock.now())
    return await _begin(request, pages, account_id=account.id)


def _provider(pages: Pages) -> SignInProvider:
    if pages.provider is None:
        raise NotFound("No sign-in provider is set up here.")
    return pages.provider


def _callback_address(request: Request, pages: Pages) -> str:
    return f"{(pages.public_url or str(request.base_url)).rstrip('/')}{CALLBACK}"


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
