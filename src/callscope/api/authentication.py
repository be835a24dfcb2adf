"""Who makes a request, and whether it may: the one place where routes are guarded."""

import re
from typing import Annotated

from fastapi import Depends, Request

from callscope.api.context import context_of
from callscope.core.errors import InvalidInput, PermissionMissing, Unauthenticated
from callscope.core.permissions import PERMISSIONS
from callscope.services.keys import Principal, authenticate

INTEGRATION_KEY_HEADER = "x-roark-api-key"
INTEGRATION_ROUTES = "/v1/integrations/"
_INTEGRATION_PATH = re.compile(r"/v1/(?:integrations/|(?:vapi|retell)/call$)")

SECURITY_SCHEME = {"type": "http", "scheme": "bearer", "description": "An API key: `Authorization: Bearer rk_live_…`"}


PROJECT_HEADER = "X-Roark-Project-Id"
"""Chooses the project of keys that reach several. Ours are each bound to one, so any value is as good as another."""


async def authenticated(request: Request) -> Principal:
    """Return the bearer of the request's key. Raises Unauthenticated, PermissionMissing, InvalidInput."""
    context = context_of(request)
    principal = await authenticate(
        context.statements, _key_of(request), now=context.clock.now(), recent=context.recent_keys
    )
    request.scope["state"]["project_id"] = principal.project_id
    if principal.integration and not _is_of(principal.integration, request.url.path):
        raise PermissionMissing(
            f"This API key is bound to the integration `{principal.integration}`, and good for nothing but its routes."
        )
    if request.headers.get(PROJECT_HEADER, "any").strip() == "":
        message = f"The header `{PROJECT_HEADER}` is empty. Leave it out, or send a project id; see GET /v1/projects."
        raise InvalidInput.at(PROJECT_HEADER, message=message)
    return principal


Bearer = Annotated[Principal, Depends(authenticated)]
"""Whoever has a good key, whatever it grants."""


class Requires:
    """A dependency that returns the principal if its key grants `permission`, and documents the need for it."""

    def __init__(self, permission: str) -> None:
        if permission not in PERMISSIONS:
            raise ValueError(f"{permission} is not a permission")
        self.permission = permission

    async def __call__(self, request: Request) -> Principal:
        """Return the principal. Raises Unauthenticated, PermissionMissing."""
        principal = await authenticated(request)
        principal.require(self.permission)
        return principal


def _is_of(integration: str, path: str) -> bool:
    """Tell whether a route belongs to an integration, in the newer or the older form."""
    return f"{path}/".startswith(f"{INTEGRATION_ROUTES}{integration}/") or path == f"/v1/{integration}/call"


def _key_of(request: Request) -> str:
    scheme, _, plain_key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and plain_key.strip():
        return plain_key.strip()
    if _INTEGRATION_PATH.match(request.url.path) and (header_key := request.headers.get(INTEGRATION_KEY_HEADER)):
        return header_key
    raise Unauthenticated(
        "No API key. Send it as `Authorization: Bearer <key>`; create one with `callscope key create`."
    )
