"""What every route is given: the reader, the signer and the clock, and who is signed in."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from callscope.core.clock import Clock
from callscope.core.errors import Unauthenticated
from callscope.services.keys import Principal
from callscope.web.page_route import BROWSER_COOKIE, SESSION_COOKIE, FormRefused, set_cookie
from callscope.web.reader import PageReader
from callscope.web.sessions import SessionSigner
from callscope.web.templating import render


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """The pages' collaborators; `boot` puts one into `app.state.pages`."""

    reader: PageReader
    signer: SessionSigner
    clock: Clock


def pages_of(request: Request) -> Pages:
    """Return the collaborators of the running application."""
    found: Pages = request.app.state.pages
    return found


PagesDependency = Annotated[Pages, Depends(pages_of)]


async def signed_in(request: Request, pages: PagesDependency) -> Principal:
    """Return who is signed in. Raises Unauthenticated, which leads to the sign-in page."""
    session = pages.signer.open(request.cookies.get(SESSION_COOKIE), now=pages.clock.now())
    if session is None:
        raise Unauthenticated("Sign in first.")
    principal = await pages.reader.principal(session.key_id)
    principal.require("call:read")
    return principal


SignedIn = Annotated[Principal, Depends(signed_in)]


def show(request: Request, template: str, *, status_code: int = 200, **context: Any) -> HTMLResponse:  # noqa: ANN401 - see render
    """Render a page with the form token of this browser."""
    signer = pages_of(request).signer
    browser_id = request.cookies.get(BROWSER_COOKIE)
    issued_id = browser_id or signer.new_browser_id()
    content = render(template, form_token=signer.form_token(issued_id), path=request.url.path, **context)
    response = HTMLResponse(content, status_code=status_code)
    if browser_id is None:
        set_cookie(response, request, BROWSER_COOKIE, issued_id, lifetime=None)
    return response


def check_form_token(request: Request, token: str) -> None:
    """Raise FormRefused unless the form came from a page of ours in this browser."""
    if not pages_of(request).signer.is_form_token(token, browser_id=request.cookies.get(BROWSER_COOKIE)):
        raise FormRefused("This form was not sent from one of our pages, or cookies are off. Go back and try again.")
