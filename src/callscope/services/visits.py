"""Signed-in browsers: begun, recognised, listed and ended; and what whoever is behind one may do."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.account import Account, WebSession
from callscope.core.errors import NotFound, PermissionMissing, Unauthenticated
from callscope.core.ids import new_id
from callscope.core.roles import Role, role_of_permissions
from callscope.services import accounts, keys
from callscope.storage import projects, web_sessions

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

LIFETIME = timedelta(hours=12)
SECRET_BYTES = 32
LONGEST_USER_AGENT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who is signed in, in which project, and what they may do there.

    `account` is None for who signed in by API key: a key is nobody, so it neither has sessions to look after nor
    decides about people.
    """

    session_id: UUID
    project_id: UUID
    project_name: str
    role: Role
    granted: frozenset[str]
    account: Account | None

    @property
    def name(self) -> str:
        """What pages call the visitor."""
        return "API key" if self.account is None else self.account.name

    def has_role(self, role: str) -> bool:
        """Tell whether the visitor's role includes `role`, for templates."""
        return self.role.includes(Role(role))

    def require(self, permission: str) -> None:
        """Raise PermissionMissing unless `permission` is granted."""
        if permission not in self.granted:
            raise PermissionMissing(f"You lack the permission `{permission}` in this project. Ask an admin for it.")


async def begin(
    session: "AsyncSession",
    project_id: UUID,
    *,
    account_id: UUID | None = None,
    api_key_id: UUID | None = None,
    user_agent: str,
    now: datetime,
) -> str:
    """Begin the session of an account or of an API key and return the secret for its cookie."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    new = WebSession(
        id=new_id(),
        account_id=account_id,
        api_key_id=api_key_id,
        project_id=project_id,
        user_agent=user_agent[:LONGEST_USER_AGENT],
        created_at=now,
        last_seen_at=now,
        expires_at=now + LIFETIME,
    )
    await web_sessions.add(session, new, digest=accounts.digest_of(secret))
    return secret


async def recognise(session: "AsyncSession", secret: str | None, *, now: datetime) -> Visitor:
    """Return whose cookie this is. Raises Unauthenticated when the session, its key or its account's part ended."""
    found = secret and await web_sessions.find(session, accounts.digest_of(secret), now=now)
    if not found:
        raise Unauthenticated("Sign in first.")
    if found.last_seen_at < now - web_sessions.LAST_SEEN_PRECISION:
        await web_sessions.touch(session, found.id, now=now)
    if found.api_key_id is not None:
        granted = (await keys.principal_of(session, found.api_key_id, now=now)).granted
        account, role = None, role_of_permissions(granted)
    else:
        account, role = await _of_account(session, found)
        granted = role.permissions
    return Visitor(
        session_id=found.id,
        project_id=found.project_id,
        project_name=await projects.read_name(session, found.project_id),
        role=role,
        granted=granted,
        account=account,
    )


async def _of_account(session: "AsyncSession", found: WebSession) -> tuple[Account, Role]:
    if found.account_id is None:
        raise RuntimeError("a session belongs to a key or to an account")
    account = await accounts.require_account(session, found.account_id)
    role = await accounts.role_in(session, account, found.project_id)
    if role is None:
        raise Unauthenticated("You are no longer a member of this project. Sign in again to choose another.")
    return account, role


async def first_project(session: "AsyncSession", account: Account) -> UUID:
    """Return the project an account begins in. Raises PermissionMissing when it is a member of none."""
    reachable = await accounts.projects_of(session, account)
    if account.is_operator and not reachable:
        return await projects.find_or_create(session, keys.DEFAULT_PROJECT)
    if not reachable:
        raise PermissionMissing("You are not a member of any project. Ask an admin to invite you.")
    named = next((each for each in reachable if each.name == keys.DEFAULT_PROJECT), reachable[0])
    return named.id


async def choose_project(session: "AsyncSession", visitor: Visitor, project_id: UUID) -> None:
    """Have the visitor's browser look at another project. Raises NotFound for one that is not theirs."""
    reachable = () if visitor.account is None else await accounts.projects_of(session, visitor.account)
    if project_id not in {each.id for each in reachable}:
        raise NotFound("There is no such project among yours.")
    await web_sessions.set_project(session, visitor.session_id, project_id)


async def sessions_of(session: "AsyncSession", account_id: UUID, *, now: datetime) -> tuple[WebSession, ...]:
    """Return where an account is signed in, the browser last seen first."""
    return await web_sessions.of_account(session, account_id, now=now)


async def end(session: "AsyncSession", session_id: UUID, *, account_id: UUID | None = None) -> None:
    """End a session, only one of that account when it is given. Raises NotFound."""
    if not await web_sessions.end(session, session_id, account_id=account_id):
        raise NotFound("That session is over already.")


async def end_others(session: "AsyncSession", account_id: UUID, *, but: UUID) -> None:
    """End every session of an account but one."""
    await web_sessions.end_others(session, account_id, but=but)
