"""Accounts of people whom the sign-in provider vouches for."""

from datetime import datetime
from typing import TYPE_CHECKING

from callscope.core.account import Account
from callscope.core.errors import PermissionMissing
from callscope.core.ids import new_id
from callscope.core.sign_in import Identity, ProviderRules
from callscope.storage import accounts, projects

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


async def account_of(session: "AsyncSession", identity: Identity, rules: ProviderRules, *, now: datetime) -> Account:
    """Return whose account this is; made now for somebody who was invited or whose domain gets in.

    An account of the same address that has not signed in there before is taken to be the same person's: the provider
    has verified the address. Raises PermissionMissing for everybody else.
    """
    known = await accounts.find_by_subject(session, identity.subject)
    if known is not None:
        return known
    account = await accounts.find_by_email(session, identity.email)
    if account is None:
        return await _make(session, identity, rules, now=now)
    if not await accounts.adopt_subject(session, account.id, identity.subject):
        raise PermissionMissing(
            f"The account of {identity.email} belongs to somebody else at the provider. Ask an admin to look into it."
        )
    return account


async def _make(session: "AsyncSession", identity: Identity, rules: ProviderRules, *, now: datetime) -> Account:
    invitations = await accounts.invitations_of(session, identity.email, now=now)
    roles = {one.project_id: one.role for one in invitations if one.project_id is not None and one.role is not None}
    if not roles and identity.email.rpartition("@")[2] in rules.domains:
        roles = {await projects.find_or_create(session, rules.project): rules.role}
    if not roles:
        raise PermissionMissing(f"Nobody has invited {identity.email}. Ask an admin of your project to do so.")
    columns = {
        "id": new_id(),
        "email": identity.email,
        "name": identity.name,
        "password_digest": None,
        "oidc_subject": identity.subject,
        "is_operator": False,
    }
    account = await accounts.add(session, columns)
    if account is None:
        raise PermissionMissing("Somebody of that address signed in at this very moment. Try again.")
    for project_id, role in roles.items():
        await accounts.set_role(session, account.id, project_id, role)
    for invitation in invitations:
        await accounts.remove_invitation(session, invitation.id)
    return account
