"""The bodies of errors."""

from typing import Any, Literal

from pydantic import BaseModel, Field

ErrorType = Literal[
    "validation",
    "authentication",
    "forbidden",
    "not_found",
    "conflict",
    "rate_limit",
    "unavailable",
    "internal",
]


class IssueBody(BaseModel):
    """One thing wrong with one field."""

    path: list[str | int] = Field(
        description="Way from the body's root to the field.", examples=[["transcript", 0, "text"]]
    )
    code: str
    message: str = Field(description="What is wrong and how to mend it.")


class ValidationDetail(BaseModel):
    """All that is wrong with a request."""

    name: Literal["ValidationError"]
    issues: list[IssueBody]


class ErrorBody(BaseModel):
    """An error. `request_id` is also in the header `x-request-id` and in the server's log."""

    type: ErrorType
    code: str = Field(description="Stable and machine-readable.", examples=["resource_not_found"])
    message: str
    request_id: str
    param: str | None = Field(default=None, description="The field or parameter that is meant, where there is one.")
    details: dict[str, Any] | None = None


class ValidationErrorBody(ErrorBody):
    """A request that cannot be taken as it is. Says the same twice: flat, and as a list of issues."""

    success: Literal[False]
    error: ValidationDetail
