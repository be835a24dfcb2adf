"""Signing in at a provider of the organisation's own, by OpenID Connect."""

from dataclasses import dataclass

from callscope.core.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRules:
    """Which provider, who we are there, and who of its people gets in without an invitation.

    People with a verified address in one of `domains` become members of `project` in `role` when they first sign in.
    """

    issuer: str
    client_id: str
    client_secret: str | None
    label: str
    domains: frozenset[str] = frozenset()
    project: str = "default"
    role: Role = Role.VIEWER


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whom the provider vouches for. `subject` is its issuer and its own name for the person; `email` is verified."""

    subject: str
    email: str
    name: str
