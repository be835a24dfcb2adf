"""Answers, written straight from their model: what the routes declare for the documentation is what they send."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Response
from pydantic import BaseModel

from callscope.api.schemas.errors import ErrorBody, ValidationErrorBody


def answer(
    body: BaseModel,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
    exclude_none: bool = False,
) -> Response:
    """Return `body` as JSON."""
    content = body.model_dump_json(by_alias=True, exclude_none=exclude_none)
    return Response(content, status_code=status, headers=dict(headers or {}), media_type="application/json")


def errors(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of the errors a guarded route may answer, those every such route may included."""
    always = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.INTERNAL_SERVER_ERROR)
    return {status.value: DOCUMENTED[status] for status in sorted({*always, *statuses})}


DOCUMENTED: dict[HTTPStatus, dict[str, Any]] = {
    HTTPStatus.BAD_REQUEST: {
        "model": ValidationErrorBody,
        "description": "The request cannot be taken as it is; `error.issues` names each field with the remedy.",
    },
    HTTPStatus.UNAUTHORIZED: {"model": ErrorBody, "description": "No key, or one that is unknown, revoked or expired."},
    HTTPStatus.FORBIDDEN: {"model": ErrorBody, "description": "The key lacks the permission this route needs."},
    HTTPStatus.NOT_FOUND: {"model": ErrorBody, "description": "There is no such thing in the key's project."},
    HTTPStatus.CONFLICT: {
        "model": ErrorBody,
        "description": "The request contradicts what is stored; sending it again does not help.",
    },
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: {"model": ValidationErrorBody, "description": "The body is too large."},
    HTTPStatus.INTERNAL_SERVER_ERROR: {"model": ErrorBody, "description": "A defect of ours; nothing was stored."},
    HTTPStatus.SERVICE_UNAVAILABLE: {
        "model": ErrorBody,
        "description": "The database does not answer; nothing was stored. Try again after `Retry-After` seconds.",
    },
}
