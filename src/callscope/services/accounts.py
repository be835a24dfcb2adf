"""Accounts: made by one-time links, signed in by password, members of projects in roles."""

import asyncio
import hashlib
import re
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from callscope.core.account import Account, Invitation, Member, ReachableProject
from callscope.core.errors import CallscopeError, Conflict, InvalidInput, NotFound, PermissionMissing, Unauthenticated
from callscope.core.ids import new_id
from callscope.core.roles import Role
from callscope.storage import accounts, projects, web_sessions

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

LINK_LIFETIME = timedelta(days=7)
SECRET_BYTES = 32
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
FAILURES_BEFORE_LOCK = 10
LOCK = timedelta(minutes=15)
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
REFUSED = "That address and password do not belong together."

_hasher = PasswordHasher()
_nobodys_digest = _hasher.hash(secrets.token_urlsafe(SECRET_BYTES))
"""What is checked when there is no such account, so that its absence cannot be told by the time the answer takes."""


class LinkInvalid(NotFound):
    """The one-time link was used, has expired, was taken back, or never was one."""


class EmailTaken(Conflict):
    """There is an account of that address."""

    code = "email_taken"


async def first_link(session: "AsyncSession", *, now: datetime) -> str | None:
    """Return the secret of a new link that makes this installation's first account, None when there is an operator.

    Earlier links of the kind become useless.
    """
    await accounts.lock_setup(session)
    if await accounts.has_operator(session):
        return None
    await accounts.remove_operator_invitations(session)
    return await _make_link(session, now=now, email=None, is_operator=True, project_id=None, role=None)


async def invite(
    session: "AsyncSession", project_id: UUID, *, by: Role, email: str, role: Role, now: datetime
) -> str | None:
    """Make whoever has the address a member: at once when they have an account (None), else by a link.

    Return the link's secret, which nobody can read again. Raises InvalidInput, PermissionMissing for a role above
    the inviter's.
    """
    email = _to_email(email)
    _require_reach(by, role)
    account = await accounts.find_by_email(session, email)
    if account is not None:
        current = await accounts.role_in(session, account.id, project_id)
        _require_reach(by, current or role)
        await accounts.set_role(session, account.id, project_id, role)
        return None
    return await _make_link(session, now=now, email=email, is_operator=False, project_id=project_id, role=role)


async def open_link(session: "AsyncSession", secret: str, *, now: datetime) -> Invitation:
    """Return what a link is good for. Raises LinkInvalid."""
    invitation = await accounts.find_invitation(session, digest_of(secret))
    if invitation is None or invitation.expires_at <= now:
        raise LinkInvalid("This link was used before, has expired or was taken back. Ask for a new one.")
    return invitation


async def accept(
    session: "AsyncSession", secret: str, *, email: str, name: str, password: str, now: datetime
) -> tuple[Account, UUID]:
    """Use a link up: make its account and return it with the project to begin in.

    `email` counts only where the link leaves it open. Raises LinkInvalid, InvalidInput, EmailTaken.
    """
    invitation = await open_link(session, secret, now=now)
    columns = {
        "id": new_id(),
        "email": invitation.email or _to_email(email),
        "name": _to_name(name),
        "password_digest": await _to_digest(password),
        "is_operator": invitation.is_operator,
    }
    account = await accounts.add(session, columns)
    if account is None:
        raise EmailTaken("There is an account of this address already. Sign in with it.")
    await accounts.remove_invitation(session, invitation.id)
    if invitation.project_id is None or invitation.role is None:
        return account, await projects.find_or_create(session, "default")
    await accounts.set_role(session, account.id, invitation.project_id, invitation.role)
    return account, invitation.project_id


async def sign_in(session: "AsyncSession", *, email: str, password: str, now: datetime) -> Account | CallscopeError:
    """Return whose address and password these are, or why nobody is signed in.

    The failure is returned, not raised: it is counted in the caller's transaction, and ten in a row lock the account
    for a quarter of an hour.
    """
    found = await accounts.lock_password(session, email.strip().lower())
    account_id, digest, failure_count, locked_until = found or (None, None, 0, None)
    if account_id is None or digest is None:
        await _verified(_nobodys_digest, password)
        return Unauthenticated(REFUSED)
    if locked_until is not None and locked_until > now:
        return Unauthenticated("Too many wrong passwords: this account is locked for a few minutes.")
    if not await _verified(digest, password):
        is_last = failure_count + 1 >= FAILURES_BEFORE_LOCK
        await accounts.change(
            session,
            account_id,
            {
                "failed_sign_in_count": 0 if is_last else failure_count + 1,
                "locked_until": now + LOCK if is_last else None,
            },
        )
        return Unauthenticated(REFUSED)
    await accounts.change(session, account_id, {"failed_sign_in_count": 0, "locked_until": None})
    return await require_account(session, account_id)


async def change_password(session: "AsyncSession", account_id: UUID, *, current: str, new: str) -> None:
    """Give an account another password. Raises InvalidInput for a wrong current one or a new one that is too short."""
    digest = await accounts.password_digest(session, account_id)
    if digest is None or not await _verified(digest, current):
        raise InvalidInput.at("current", message="That is not the current password.")
    await accounts.change(session, account_id, {"password_digest": await _to_digest(new)})


async def reset_password(session: "AsyncSession", *, email: str, password: str) -> None:
    """Give an account another password without the current one, end its sessions and open its lock.

    Raises InvalidInput, NotFound.
    """
    account = await accounts.find_by_email(session, email.strip().lower())
    if account is None:
        raise NotFound(f"There is no account of the address {email!r}.")
    changes = {"password_digest": await _to_digest(password), "failed_sign_in_count": 0, "locked_until": None}
    await accounts.change(session, account.id, changes)
    await web_sessions.end_all(session, account.id)


async def require_account(session: "AsyncSession", account_id: UUID) -> Account:
    """Return the account. Raises Unauthenticated once it is gone."""
    account = await accounts.find(session, account_id)
    if account is None:
        raise Unauthenticated("This account was removed.")
    return account


async def role_in(session: "AsyncSession", account: Account, project_id: UUID) -> Role | None:
    """Return what an account is in a project, None when it may not see it."""
    if account.is_operator:
        return Role.OWNER
    return await accounts.role_in(session, account.id, project_id)


async def projects_of(session: "AsyncSession", account: Account) -> tuple[ReachableProject, ...]:
    """Return the projects an account may choose, by name."""
    return await accounts.projects_of(session, account)


async def members_of(session: "AsyncSession", project_id: UUID) -> tuple[Member, ...]:
    """Return the members of a project by their addresses; operators, who reach every project, are not among them."""
    return await accounts.members_of(session, project_id)


async def operators(session: "AsyncSession") -> tuple[Account, ...]:
    """Return who runs the installation."""
    return await accounts.operators(session)


async def waiting_invitations(session: "AsyncSession", project_id: UUID, *, now: datetime) -> tuple[Invitation, ...]:
    """Return the links into a project that nobody used yet."""
    return await accounts.waiting_invitations(session, project_id, now=now)


async def take_back(session: "AsyncSession", project_id: UUID, invitation_id: UUID) -> None:
    """Make a link into a project useless. Raises LinkInvalid."""
    if not await accounts.remove_invitation(session, invitation_id, project_id=project_id):
        raise LinkInvalid("There is no such invitation into this project.")


async def change_role(session: "AsyncSession", project_id: UUID, account_id: UUID, *, by: Role, role: Role) -> None:
    """Give a member another role. Raises NotFound, PermissionMissing for roles above that of whoever does it."""
    current = await accounts.role_in(session, account_id, project_id)
    if current is None:
        raise NotFound("There is no such member in this project.")
    _require_reach(by, current)
    _require_reach(by, role)
    await accounts.set_role(session, account_id, project_id, role)


async def remove_member(session: "AsyncSession", project_id: UUID, account_id: UUID, *, by: Role) -> None:
    """End a member's part in a project, at once. Raises NotFound, PermissionMissing for one above whoever does it."""
    current = await accounts.role_in(session, account_id, project_id)
    if current is None:
        raise NotFound("There is no such member in this project.")
    _require_reach(by, current)
    await accounts.remove_member(session, account_id, project_id)


def digest_of(secret: str) -> bytes:
    """Return the SHA-256 under which a link or a session is stored."""
    return hashlib.sha256(secret.encode()).digest()


def _require_reach(by: Role, role: Role) -> None:
    if not by.includes(role):
        raise PermissionMissing(f"Your role {by} does not reach {role}. Ask one of those.")


async def _make_link(
    session: "AsyncSession",
    *,
    now: datetime,
    email: str | None,
    is_operator: bool,
    project_id: UUID | None,
    role: Role | None,
) -> str:
    secret = secrets.token_urlsafe(SECRET_BYTES)
    columns = {
        "id": new_id(),
        "digest": digest_of(secret),
        "email": email,
        "is_operator": is_operator,
        "project_id": project_id,
        "role": None if role is None else role.value,
        "expires_at": now + LINK_LIFETIME,
    }
    await accounts.add_invitation(session, columns)
    return secret


def _to_email(text: str) -> str:
    email = text.strip().lower()
    if not EMAIL.fullmatch(email):
        raise InvalidInput.at("email", message="That is no e-mail address.")
    return email


def _to_name(text: str) -> str:
    name = " ".join(text.split())
    if not 1 <= len(name) <= LONGEST_PASSWORD:
        raise InvalidInput.at("name", message="Give a name, of at most 256 characters.")
    return name


async def _to_digest(password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        message = f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters; a sentence is a good one."
        raise InvalidInput.at("password", message=message)
    return await asyncio.to_thread(_hasher.hash, password)


async def _verified(digest: str, password: str) -> bool:
    def verify() -> bool:
        try:
            return _hasher.verify(digest, password)
        except (VerificationError, InvalidHashError):
            return False

    return await asyncio.to_thread(verify)
