"""What a key may do: `resource:action` permissions under a coarse scope."""

from enum import StrEnum

RESOURCES = (
    "agent",
    "agent-config",
    "agent-endpoint",
    "agent-prompt",
    "analytics",
    "api-key",
    "call",
    "chat",
    "dashboard",
    "http-request-definition",
    "integration",
    "issue",
    "knowledge-base",
    "metric",
    "metric-collection-job",
    "metric-policy",
    "project",
    "simulation",
    "trace",
    "usage",
    "webhook",
)
ACTIONS = ("read", "create", "update", "delete")
SPECIAL = ("recording:read", "recording:original", "billing:read", "config:apply")

PERMISSIONS = frozenset((*(f"{resource}:{action}" for resource in RESOURCES for action in ACTIONS), *SPECIAL))
"""Every permission there is."""


class Scope(StrEnum):
    """The coarse tier of a key: READ grants every `…:read`, WRITE grants all."""

    READ = "READ"
    WRITE = "WRITE"

    def grants(self, permission: str) -> bool:
        """Tell whether this tier includes `permission`."""
        return self is Scope.WRITE or permission.endswith(":read")
