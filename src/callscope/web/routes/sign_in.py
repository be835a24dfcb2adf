"""Signing in by API key, and out."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from callscope.core.errors import PermissionMissing, Unauthenticated
from callscope.web.page_route import SESSION_COOKIE, PageRoute, set_cookie
from callscope.web.pages import PagesDependency, check_form_token, show
from callscope.web.sessions import LIFETIME, Session

router = APIRouter(route_class=PageRoute, include_in_schema=False)

HOME = "/calls"


@router.get("/")
async def home() -> Response:
    """Lead to the list of calls."""
    return RedirectResponse(HOME, status_code=303)


@router.get("/sign-in")
async def ask_for_key(request: Request, next: str = HOME) -> Response:  # noqa: A002 - the address shows this name
    """Show the form."""
    return show(request, "sign_in.html", next_address=_own_path(next), problem=None)


@router.post("/sign-in")
async def sign_in(
    request: Request,
    pages: PagesDependency,
    api_key: Annotated[str, Form(max_length=512)] = "",
    next: Annotated[str, Form()] = HOME,  # noqa: A002 - as above
    form_token: Annotated[str, Form()] = "",
) -> Response:
    """Check the key and begin a session; a key that is refused says why."""
    check_form_token(request, form_token)
    try:
        principal = await pages.reader.authenticate(api_key.strip())
        principal.require("call:read")
    except (Unauthenticated, PermissionMissing) as error:
        status = 403 if isinstance(error, PermissionMissing) else 401
        return show(request, "sign_in.html", status_code=status, next_address=_own_path(next), problem=error.message)
    expires_at = pages.clock.now() + LIFETIME
    cookie = pages.signer.seal(Session(key_id=principal.key_id, expires_at=expires_at))
    response = RedirectResponse(_own_path(next), status_code=303)
    set_cookie(response, request, SESSION_COOKIE, cookie, lifetime=LIFETIME)
    return response


@router.post("/sign-out")
async def sign_out(request: Request, form_token: Annotated[str, Form()] = "") -> Response:
    """End the session."""
    check_form_token(request, form_token)
    response = RedirectResponse("/sign-in", status_code=303)
    response.delete_cookie(SESSION_COOKIE)
    return response


def _own_path(address: str) -> str:
    """Return `address` if it leads to a page of ours, else the home page: nobody may be sent elsewhere."""
    parts = urlsplit(address)
    is_own = not parts.scheme and not parts.netloc and parts.path.startswith("/") and not address.startswith("//")
    return address if is_own and "\\" not in address else HOME
