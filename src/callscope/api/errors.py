"""The one place where errors become answers."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg import OperationalError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from callscope.api.request_ids import REQUEST_ID_HEADER, request_id_of
from callscope.api.schemas.errors import ErrorBody, ErrorType, IssueBody, ValidationDetail, ValidationErrorBody
from callscope.api.validation import to_issues
from callscope.core.errors import (
    CallscopeError,
    Conflict,
    InvalidInput,
    Issue,
    NotFound,
    PermissionMissing,
    QuotaExceeded,
    Unauthenticated,
    spell_path,
)
from callscope.storage.engine import is_away
from callscope.storage.objects import StoreAway

log = structlog.get_logger(__name__)

KINDS: dict[type[CallscopeError], tuple[HTTPStatus, ErrorType]] = {
    Unauthenticated: (HTTPStatus.UNAUTHORIZED, "authentication"),
    PermissionMissing: (HTTPStatus.FORBIDDEN, "forbidden"),
    NotFound: (HTTPStatus.NOT_FOUND, "not_found"),
    Conflict: (HTTPStatus.CONFLICT, "conflict"),
    QuotaExceeded: (HTTPStatus.TOO_MANY_REQUESTS, "rate_limit"),
    StoreAway: (HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"),
}
HEADERS: dict[HTTPStatus, dict[str, str]] = {
    HTTPStatus.UNAUTHORIZED: {"www-authenticate": "Bearer"},
    # The official client sends a 409 again unless told not to.
    HTTPStatus.CONFLICT: {"x-should-retry": "false"},
    HTTPStatus.SERVICE_UNAVAILABLE: {"retry-after": "1"},
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: {"connection": "close", "x-should-retry": "false"},
}
TYPES: dict[HTTPStatus, ErrorType] = {
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "validation",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limit",
}


def install(app: FastAPI) -> None:
    """Make every error of the app answer in the API's shape."""
    app.add_exception_handler(CallscopeError, answer_expected)
    app.add_exception_handler(RequestValidationError, answer_validation)
    app.add_exception_handler(HTTPException, answer_http)
    app.add_exception_handler(DBAPIError, answer_database)
    app.add_exception_handler(OperationalError, answer_database)
    app.add_exception_handler(PoolTimeout, answer_database)
    app.add_exception_handler(Exception, answer_unexpected)


def answer_expected(request: Request, error: Exception) -> Response:
    """Answer an expected failure by its kind."""
    if isinstance(error, InvalidInput):
        return _invalid(request, error.issues, code=error.error_code)
    if not isinstance(error, CallscopeError):
        raise TypeError(error)
    for kind, (status, type_) in KINDS.items():
        if isinstance(error, kind):
            param = error.param if isinstance(error, NotFound) else None
            return _answer(request, status, type_, error.code, error.message, param=param)
    log.error("request_failed", code=error.code, exc_info=error)
    return _internal(request)


def answer_validation(request: Request, error: Exception) -> Response:
    """Answer a query or path parameter that does not fit its type."""
    if not isinstance(error, RequestValidationError):
        raise TypeError(error)
    # The first part of a location says where the parameter stood (path, query, header).
    return _invalid(request, to_issues(error.errors(), skip=1), code="invalid_parameter")


def answer_http(request: Request, error: Exception) -> Response:
    """Answer what the framework itself refuses: unknown routes and methods, bodies that are too large."""
    if not isinstance(error, HTTPException):
        raise TypeError(error)
    status = HTTPStatus(error.status_code)
    message = {
        HTTPStatus.NOT_FOUND: f"There is no route {request.url.path}. See /docs for those there are.",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{request.url.path} does not take {request.method}.",
    }.get(status, str(error.detail))
    if status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        issue = Issue(path=(), code="body_too_large", message=message)
        return _invalid(request, [issue], code="body_too_large", status=status)
    type_ = TYPES.get(status, "validation" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "internal")
    code = {HTTPStatus.NOT_FOUND: "route_not_found"}.get(status, status.phrase.lower().replace(" ", "_"))
    return _answer(request, status, type_, code, message, headers=error.headers)


def answer_database(request: Request, error: Exception) -> Response:
    """Answer a database that is away: nothing was stored, and the client may try again."""
    if is_away(error):
        log.error("database_unavailable", exc_info=error)
        message = "The database does not answer. Nothing was stored; send the request again."
        return _answer(request, HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "database_unavailable", message)
    return answer_unexpected(request, error)


def answer_unexpected(request: Request, error: Exception) -> Response:
    """Answer a defect of ours without saying anything of it."""
    log.error("request_crashed", exc_info=error)
    return _internal(request)


def _internal(request: Request) -> Response:
    message = "Something went wrong on our side. Nothing was stored. The request id leads to the cause in the log."
    return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "internal_error", message)


def _invalid(
    request: Request, issues: Sequence[Issue], *, code: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST
) -> Response:
    first = issues[0]
    body = ValidationErrorBody(
        type="validation",
        code=code,
        message=first.message,
        param=spell_path(first.path) or None,
        request_id=request_id_of(request),
        success=False,
        error=ValidationDetail(
            name="ValidationError",
            issues=[IssueBody(path=list(issue.path), code=issue.code, message=issue.message) for issue in issues],
        ),
    )
    return _render(status, body)


def _answer(
    request: Request,
    status: HTTPStatus,
    type_: ErrorType,
    code: str,
    message: str,
    *,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    body = ErrorBody(type=type_, code=code, message=message, param=param, request_id=request_id_of(request))
    return _render(status, body, headers)


def _render(status: HTTPStatus, body: ErrorBody, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse(
        body.model_dump(mode="json", exclude_none=True),
        status_code=status,
        headers={REQUEST_ID_HEADER: body.request_id, **HEADERS.get(status, {}), **(headers or {})},
    )
