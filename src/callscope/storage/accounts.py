"""Accounts with the roles they have in projects, and the one-time links that make them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.account import Account, Invitation, Member, ReachableProject
from callscope.core.roles import Role
from callscope.storage.base import Base, CreatedAt, Id
from callscope.storage.projects import ProjectRow


class AccountRow(Base):
    """One person. `email` is in lower case; `password_digest` is argon2's, None for one who only signs in elsewhere.

    `oidc_subject` names the person at the sign-in provider: its issuer, a space, and its `sub`.
    """

    __tablename__ = "account"

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_digest: Mapped[str | None]
    oidc_subject: Mapped[str | None] = mapped_column(unique=True)
    is_operator: Mapped[bool]
    failed_sign_in_count: Mapped[int]
    locked_until: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class MembershipRow(Base):
    """What an account is in a project."""

    __tablename__ = "membership"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"), primary_key=True, index=True)
    role: Mapped[str]
    created_at: Mapped[CreatedAt]


class InvitationRow(Base):
    """A one-time link, kept as the SHA-256 of its secret."""

    __tablename__ = "invitation"

    id: Mapped[Id]
    digest: Mapped[bytes] = mapped_column(unique=True)
    email: Mapped[str | None]
    is_operator: Mapped[bool]
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"), index=True)
    role: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]


async def has_operator(session: AsyncSession) -> bool:
    """Tell whether anybody runs this installation yet."""
    return (await session.execute(select(AccountRow.id).where(AccountRow.is_operator).limit(1))).first() is not None


async def add(session: AsyncSession, columns: Mapping[str, Any]) -> Account | None:
    """Insert an account and return it, None when there is one of that address."""
    statement = insert(AccountRow).values(failed_sign_in_count=0, **columns).on_conflict_do_nothing()
    row = (await session.execute(statement.returning(AccountRow))).scalar_one_or_none()
    return None if row is None else _to_account(row)


async def find(session: AsyncSession, account_id: UUID) -> Account | None:
    """Return the account of that id."""
    row = await session.get(AccountRow, account_id, populate_existing=True)
    return None if row is None else _to_account(row)


async def find_by_email(session: AsyncSession, email: str) -> Account | None:
    """Return the account of that address, which is in lower case."""
    row = (await session.execute(select(AccountRow).where(AccountRow.email == email))).scalar_one_or_none()
    return None if row is None else _to_account(row)


async def lock_password(session: AsyncSession, email: str) -> tuple[UUID, str | None, int, datetime | None] | None:
    """Return id, digest, failures and lock of the account of that address, and hold it to the transaction's end."""
    query = select(
        AccountRow.id, AccountRow.password_digest, AccountRow.failed_sign_in_count, AccountRow.locked_until
    ).where(AccountRow.email == email)
    row = (await session.execute(query.with_for_update())).one_or_none()
    return None if row is None else (row[0], row[1], row[2], row[3])


async def change(session: AsyncSession, account_id: UUID, columns: Mapping[str, Any]) -> None:
    """Write columns of an account."""
    statement = update(AccountRow).where(AccountRow.id == account_id).values(**columns)
    await session.execute(statement.execution_options(synchronize_session=False))


async def password_digest(session: AsyncSession, account_id: UUID) -> str | None:
    """Return the digest of an account's password."""
    query = select(AccountRow.password_digest).where(AccountRow.id == account_id)
    return (await session.execute(query)).scalar_one_or_none()


async def role_in(session: AsyncSession, account_id: UUID, project_id: UUID) -> Role | None:
    """Return what an account was made in a project, None when it is no member."""
    query = select(MembershipRow.role).where(
        MembershipRow.account_id == account_id, MembershipRow.project_id == project_id
    )
    role = (await session.execute(query)).scalar_one_or_none()
    return None if role is None else Role(role)


async def set_role(session: AsyncSession, account_id: UUID, project_id: UUID, role: Role) -> None:
    """Make an account a member of a project with that role."""
    values = {"account_id": account_id, "project_id": project_id, "role": role.value}
    statement = insert(MembershipRow).values(values)
    key = ["account_id", "project_id"]
    await session.execute(statement.on_conflict_do_update(index_elements=key, set_={"role": role.value}))


async def remove_member(session: AsyncSession, account_id: UUID, project_id: UUID) -> bool:
    """End an account's part in a project; return whether it had one."""
    statement = delete(MembershipRow).where(
        MembershipRow.account_id == account_id, MembershipRow.project_id == project_id
    )
    return (await session.execute(statement.returning(MembershipRow.account_id))).first() is not None


async def members_of(session: AsyncSession, project_id: UUID) -> tuple[Member, ...]:
    """Return the members of a project by their addresses, operators that are not members left out."""
    query = (
        select(AccountRow, MembershipRow.role, MembershipRow.created_at)
        .join(MembershipRow, MembershipRow.account_id == AccountRow.id)
        .where(MembershipRow.project_id == project_id)
        .order_by(AccountRow.email)
    )
    found = await session.execute(query)
    return tuple(Member(account=_to_account(row), role=Role(role), since=since) for row, role, since in found)


async def operators(session: AsyncSession) -> tuple[Account, ...]:
    """Return who runs the installation, by their addresses."""
    rows = await session.scalars(select(AccountRow).where(AccountRow.is_operator).order_by(AccountRow.email))
    return tuple(_to_account(row) for row in rows)


async def find_by_subject(session: AsyncSession, subject: str) -> Account | None:
    """Return the account that signs in at the provider as `subject`."""
    row = (await session.execute(select(AccountRow).where(AccountRow.oidc_subject == subject))).scalar_one_or_none()
    return None if row is None else _to_account(row)


async def adopt_subject(session: AsyncSession, account_id: UUID, subject: str) -> bool:
    """Let an account sign in at the provider as `subject` from now on; False when it does so as somebody else."""
    statement = (
        update(AccountRow)
        .where(AccountRow.id == account_id, AccountRow.oidc_subject.is_(None))
        .values(oidc_subject=subject)
        .returning(AccountRow.id)
        .execution_options(synchronize_session=False)
    )
    return (await session.execute(statement)).first() is not None


async def projects_of(session: AsyncSession, account: Account) -> tuple[ReachableProject, ...]:
    """Return the projects an account may choose, by name."""
    of_account = (MembershipRow.project_id == ProjectRow.id) & (MembershipRow.account_id == account.id)
    query = select(ProjectRow.id, ProjectRow.name, MembershipRow.role).join(
        MembershipRow, of_account, isouter=account.is_operator
    )
    found = await session.execute(query.order_by(ProjectRow.name))
    return tuple(
        ReachableProject(id=id_, name=name, role=Role.OWNER if account.is_operator else Role(role))
        for id_, name, role in found
    )


async def add_invitation(session: AsyncSession, columns: Mapping[str, Any]) -> None:
    """Insert a one-time link."""
    await session.execute(insert(InvitationRow).values(**columns))


async def find_invitation(session: AsyncSession, digest: bytes) -> Invitation | None:
    """Return what the link with that digest is good for, and hold it to the transaction's end."""
    query = select(InvitationRow).where(InvitationRow.digest == digest).with_for_update()
    row = (await session.execute(query)).scalar_one_or_none()
    return None if row is None else _to_invitation(row)


async def waiting_invitations(session: AsyncSession, project_id: UUID, *, now: datetime) -> tuple[Invitation, ...]:
    """Return the links into a project that nobody used yet, newest first."""
    query = select(InvitationRow).where(InvitationRow.project_id == project_id, InvitationRow.expires_at > now)
    return tuple(_to_invitation(row) for row in await session.scalars(query.order_by(InvitationRow.id.desc())))


async def invitations_of(session: AsyncSession, email: str, *, now: datetime) -> tuple[Invitation, ...]:
    """Return the links into projects that were made for an address and not used, and hold them to the end."""
    query = select(InvitationRow).where(
        InvitationRow.email == email, InvitationRow.project_id.is_not(None), InvitationRow.expires_at > now
    )
    return tuple(_to_invitation(row) for row in await session.scalars(query.with_for_update()))


async def remove_invitation(session: AsyncSession, invitation_id: UUID, *, project_id: UUID | None = None) -> bool:
    """Make a link useless, one into that project only when it is given; return whether there was one."""
    statement = delete(InvitationRow).where(InvitationRow.id == invitation_id)
    if project_id is not None:
        statement = statement.where(InvitationRow.project_id == project_id)
    return (await session.execute(statement.returning(InvitationRow.id))).first() is not None


async def remove_operator_invitations(session: AsyncSession) -> None:
    """Make every link that makes an operator useless."""
    await session.execute(delete(InvitationRow).where(InvitationRow.is_operator))


async def lock_setup(session: AsyncSession) -> None:
    """Let nobody else make links for operators until the transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext("callscope/operators"))))


def _to_account(row: AccountRow) -> Account:
    return Account(id=row.id, email=row.email, name=row.name, is_operator=row.is_operator, created_at=row.created_at)


def _to_invitation(row: InvitationRow) -> Invitation:
    return Invitation(
        id=row.id,
        email=row.email,
        is_operator=row.is_operator,
        project_id=row.project_id,
        role=None if row.role is None else Role(row.role),
        expires_at=row.expires_at,
    )
