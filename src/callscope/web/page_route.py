"""How every page answers: security headers, errors as pages, sign-in where it is needed."""

from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute

from callscope.core.errors import CallscopeError, Conflict, InvalidInput, NotFound, PermissionMissing, Unauthenticated
from callscope.web.templating import render

SESSION_COOKIE = "callscope_session"
BROWSER_COOKIE = "callscope_browser"
ATTEMPT_COOKIE = "callscope_sign_in"

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self'; "
    "img-src 'self'; "
    "connect-src 'self'; "
    "media-src 'self'; "
    "form-action 'self'; "
    "base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
STATUS_OF_ERROR: dict[type[CallscopeError], int] = {
    NotFound: 404,
    InvalidInput: 400,
    PermissionMissing: 403,
    Conflict: 409,
}

TITLES = {404: "Not found", 403: "Not allowed", 400: "That cannot be read", 409: "That is there already"}


class FormRefused(CallscopeError):
    """A form that was not sent from one of our pages, or from one that lay open too long."""

    code = "form_refused"


class PageRoute(APIRoute):
    """A route whose errors are pages and whose answers carry the security headers."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler with both around it."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                response = await handle(request)
            except Unauthenticated:
                response = _to_sign_in(request)
            except RequestValidationError as error:
                response = _error_page(_unreadable(error))
            except CallscopeError as error:
                response = _error_page(error)
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
            response.headers.setdefault("cache-control", "no-store")
            return response

        return answer


def _unreadable(error: RequestValidationError) -> CallscopeError:
    """Return the error in our own words: an address that cannot exist, or a question that cannot be read."""
    first = error.errors()[0]
    if first["loc"][0] == "path":
        return NotFound("There is nothing at this address.")
    return InvalidInput.at(*first["loc"], message=f"`{first['loc'][-1]}`: {first['msg']}.")


def _to_sign_in(request: Request) -> Response:
    address = "/sign-in" if request.url.path == "/" else f"/sign-in?next={quote(_own_address(request))}"
    if request.headers.get("hx-request"):
        return Response(status_code=204, headers={"hx-redirect": address})
    response = RedirectResponse(address, status_code=303)
    response.delete_cookie(SESSION_COOKIE)
    return response


def _own_address(request: Request) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.path}{query}"


def _error_page(error: CallscopeError) -> Response:
    status = next((status for kind, status in STATUS_OF_ERROR.items() if isinstance(error, kind)), 500)
    status = 403 if isinstance(error, FormRefused) else status
    title = TITLES.get(status, "Something is missing")
    return HTMLResponse(render("error.html", title=title, message=error.message), status_code=status)


def is_secure(request: Request) -> bool:
    """Tell whether the browser speaks HTTPS with us, so that cookies may insist on it."""
    return request.url.scheme == "https"


def set_cookie(response: Response, request: Request, name: str, value: str, *, lifetime: timedelta | None) -> None:
    """Set a cookie that scripts cannot read and other sites cannot send; None lets it end with the browser."""
    max_age_s = None if lifetime is None else round(lifetime.total_seconds())
    response.set_cookie(
        name, value, max_age=max_age_s, httponly=True, samesite="lax", secure=is_secure(request), path="/"
    )
