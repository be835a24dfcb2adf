"""What a person may do in a project: four roles, each including the ones before it."""

from enum import StrEnum

from callscope.core.permissions import PERMISSIONS

_WORKED_ON = (
    "agent",
    "agent-endpoint",
    "agent-prompt",
    "analytics",
    "call",
    "chat",
    "dashboard",
    "issue",
    "metric",
    "metric-collection-job",
    "metric-policy",
    "simulation",
    "trace",
)


class Role(StrEnum):
    """VIEWER looks, MEMBER works with calls and metrics, ADMIN runs the project, OWNER decides about its people."""

    VIEWER = "VIEWER"
    MEMBER = "MEMBER"
    ADMIN = "ADMIN"
    OWNER = "OWNER"

    @property
    def rank(self) -> int:
        """How far up the role stands: 0 for VIEWER."""
        return list(Role).index(self)

    def includes(self, other: "Role") -> bool:
        """Tell whether whoever has this role may do what `other` may."""
        return self.rank >= other.rank

    @property
    def permissions(self) -> frozenset[str]:
        """Everything the role grants."""
        return frozenset(permission for permission in PERMISSIONS if self._grants(permission))

    def _grants(self, permission: str) -> bool:
        resource, action = permission.split(":")
        if action == "read" or self is Role.OWNER:
            return True
        if self is Role.ADMIN:
            return resource != "project"
        return self is Role.MEMBER and resource in _WORKED_ON


def role_of_permissions(granted: frozenset[str]) -> Role:
    """Return the highest role, ADMIN at most, that grants nothing beyond `granted`; VIEWER when even that does.

    A key is nobody, so it never decides about people; what a narrow key may see is a matter of its permissions.
    """
    covered = (role for role in (Role.ADMIN, Role.MEMBER) if role.permissions <= granted)
    return next(covered, Role.VIEWER)
