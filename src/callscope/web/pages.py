"""What every route is given: the reader, the signer and the clock, and who is signed in."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Form, Request
from fastapi.responses import HTMLResponse

from callscope.core.clock import Clock
from callscope.core.errors import PermissionMissing
from callscope.core.permissions import PERMISSIONS
from callscope.core.roles import Role
from callscope.services import visits
from callscope.services.judging import Judge
from callscope.services.recent_keys import RecentKeys
from callscope.services.sign_in_provider import SignInProvider
from callscope.storage.engine import SessionFactory
from callscope.web.form_tokens import FormSigner
from callscope.web.installed_parts import InstalledParts
from callscope.web.live import LiveChanges
from callscope.web.page_route import BROWSER_COOKIE, SESSION_COOKIE, FormRefused, set_cookie
from callscope.web.service_reader import ServiceReader
from callscope.web.templating import render


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """The pages' collaborators; `boot` puts one into `app.state.pages`.

    `transactions` makes sessions for `async with …begin()`, committed at its end; `reads` makes sessions for reading.
    `public_url` is the address people reach us under, None for the one their request came to; `provider` is where they
    may sign in besides by password.
    """

    reader: ServiceReader
    transactions: SessionFactory
    reads: SessionFactory
    signer: FormSigner
    clock: Clock
    recent_keys: RecentKeys
    changes: LiveChanges
    judge: Judge
    parts: InstalledParts
    provider: SignInProvider | None
    public_url: str | None


def pages_of(request: Request) -> Pages:
    """Return the collaborators of the running application."""
    found: Pages = request.app.state.pages
    return found


PagesDependency = Annotated[Pages, Depends(pages_of)]
Visitor = visits.Visitor


async def signed_in(request: Request, pages: PagesDependency) -> Visitor:
    """Return who is signed in. Raises Unauthenticated, which leads to the sign-in page."""
    async with pages.reads() as session:
        visitor = await visits.recognise(session, request.cookies.get(SESSION_COOKIE), now=pages.clock.now())
    request.state.visitor = visitor
    request.state.project_id = visitor.project_id
    return visitor


class RequiresRole:
    """A dependency that returns the visitor if their role includes `role` and, when named, `permission` is granted.

    The role says who may do a thing; the permission keeps out a key that was narrowed to less than its role.
    """

    def __init__(self, role: Role, permission: str | None = None) -> None:
        if permission is not None and permission not in PERMISSIONS:
            raise ValueError(f"{permission} is not a permission")
        self.role = role
        self.permission = permission

    async def __call__(self, visitor: Annotated[Visitor, Depends(signed_in)]) -> Visitor:
        """Return the visitor. Raises PermissionMissing."""
        if not visitor.role.includes(self.role):
            raise PermissionMissing(
                f"This needs the role {self.role} in this project; yours is {visitor.role}. Ask an admin for it."
            )
        if self.permission is not None:
            visitor.require(self.permission)
        return visitor


class RequiresAccount(RequiresRole):
    """A dependency like RequiresRole that lets nobody in who signed in by API key: keys do not decide about people."""

    async def __call__(self, visitor: Annotated[Visitor, Depends(signed_in)]) -> Visitor:
        """Return the visitor, whose account is set. Raises PermissionMissing."""
        if visitor.account is None:
            raise PermissionMissing("This needs an account: sign in with your e-mail address, not with an API key.")
        return await super().__call__(visitor)


SignedIn = Annotated[Visitor, Depends(RequiresRole(Role.VIEWER, "call:read"))]
"""Whoever may look at calls."""


def show(request: Request, template: str, *, status_code: int = 200, **context: Any) -> HTMLResponse:  # noqa: ANN401 - see render
    """Render a page with the form token of this browser and the `visitor`, None when nobody is signed in."""
    signer = pages_of(request).signer
    browser_id = request.cookies.get(BROWSER_COOKIE)
    issued_id = browser_id or signer.new_browser_id()
    content = render(
        template,
        form_token=signer.form_token(issued_id),
        path=request.url.path,
        visitor=getattr(request.state, "visitor", None),
        **context,
    )
    response = HTMLResponse(content, status_code=status_code)
    if browser_id is None:
        set_cookie(response, request, BROWSER_COOKIE, issued_id, lifetime=None)
    return response


def check_form_token(request: Request, token: str) -> None:
    """Raise FormRefused unless the form came from a page of ours in this browser."""
    if not pages_of(request).signer.is_form_token(token, browser_id=request.cookies.get(BROWSER_COOKIE)):
        raise FormRefused("This form was not sent from one of our pages, or cookies are off. Go back and try again.")


async def _checked_form(request: Request, form_token: Annotated[str, Form()] = "") -> None:
    check_form_token(request, form_token)


FROM_OUR_FORM = Depends(_checked_form)
"""What every route that changes something depends on: `@router.post(…, dependencies=[FROM_OUR_FORM])`."""
