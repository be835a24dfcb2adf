"""Errors as facts. Each says what is true, for which field, and how to mend it; `api` maps kinds to HTTP statuses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

PathPart = str | int


def spell_path(path: Sequence[PathPart]) -> str:
    """Return a path as people write it: `transcript[0].text`."""
    spelled = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return spelled.removeprefix(".")


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One thing wrong with one field of a request.

    `path` leads from the body's root to the field, in the wire's spelling: `("transcript", 0, "text")`.
    """

    path: tuple[PathPart, ...]
    code: str
    message: str


class CallscopeError(Exception):
    """The root of every failure that is expected and explained.

    `code` is stable and machine-readable; the message is for a person and carries the remedy.
    """

    code: ClassVar[str] = "internal_error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInput(CallscopeError):
    """A request that cannot be taken as it is (400)."""

    code = "invalid_parameter"

    def __init__(self, issues: Sequence[Issue], *, code: str | None = None) -> None:
        if not issues:
            raise ValueError("an InvalidInput needs at least one issue")
        super().__init__(issues[0].message)
        self.issues = tuple(issues)
        self.error_code = code or self.code

    @classmethod
    def at(cls, *path: PathPart, message: str, code: str = "invalid_parameter") -> "InvalidInput":
        """Return the error for a single field."""
        return cls([Issue(path=path, code=code, message=message)], code=code)


class NotFound(CallscopeError):
    """Something named by id does not exist in this project (404)."""

    code = "resource_not_found"

    def __init__(self, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


class CallNotFound(NotFound):
    """No call of that id is visible to this project."""


class Conflict(CallscopeError):
    """The request contradicts what is already stored (409); sending it again will not help."""

    code = "conflict"


class DuplicateExternalId(Conflict):
    """Another call of the project already bears this external id."""

    code = "duplicate_external_id"

    def __init__(self) -> None:
        super().__init__("A call with this externalId already exists in this project")


class QuotaExceeded(CallscopeError):
    """The project has taken as many calls today as it may (429)."""

    code = "quota_exceeded"

    def __init__(self) -> None:
        super().__init__(
            "This project has taken as many calls today as its rules allow. Send the call again after midnight UTC, or "
            "raise `callsPerDay` with PATCH /v1/project/rules."
        )


class Unauthenticated(CallscopeError):
    """No key, or one that is unknown, revoked or expired (401)."""

    code = "unauthorized"


class PermissionMissing(CallscopeError):
    """The key is good but lacks a permission (403)."""

    code = "forbidden"
