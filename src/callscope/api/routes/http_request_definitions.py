"""`/v1/http-request-definition`."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from callscope.api.answers import answer, errors
from callscope.api.authentication import Requires
from callscope.api.bodies import JsonBody, Received
from callscope.api.context import Context
from callscope.api.openapi import documents_body
from callscope.api.pages import PageQuery, answer_page
from callscope.api.schemas.base import Envelope, PageEnvelope
from callscope.api.schemas.http_request_definition import (
    HttpRequestDefinitionCreate,
    HttpRequestDefinitionCreated,
    HttpRequestDefinitionRead,
    HttpRequestDefinitionUpdate,
)
from callscope.core.http_request_definition import HttpRequestDefinition
from callscope.services import http_request_definitions as definitions
from callscope.services.keys import Principal

router = APIRouter(prefix="/v1/http-request-definition", tags=["HTTP request definition"])

DefinitionReader = Annotated[Principal, Depends(Requires("http-request-definition:read"))]


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    response_model=Envelope[HttpRequestDefinitionCreated],
    responses=errors(HTTPStatus.BAD_REQUEST),
    openapi_extra=documents_body(HttpRequestDefinitionCreate),
)
async def create_http_request_definition(
    context: Context,
    principal: Annotated[Principal, Depends(Requires("http-request-definition:create"))],
    received: Annotated[Received[HttpRequestDefinitionCreate], Depends(JsonBody(HttpRequestDefinitionCreate))],
) -> Response:
    """Define a request that has a number dialled. The signing secret is shown this once."""
    columns = _to_columns(received.body.all_fields())
    async with context.transactions.begin() as session:
        definition = await definitions.create(session, principal.project_id, columns)
    created = HttpRequestDefinitionCreated(**dict(_to_read(definition)), signing_secret=definition.signing_secret)
    return answer(Envelope(data=created), status=HTTPStatus.CREATED)


@router.get("", response_model=PageEnvelope[HttpRequestDefinitionRead], responses=errors(HTTPStatus.BAD_REQUEST))
async def list_http_request_definitions(context: Context, principal: DefinitionReader, page: PageQuery) -> Response:
    """List definitions, newest first."""
    async with context.reads() as session:
        found = await definitions.list_page(session, principal.project_id, page)
    return answer_page(found, _to_read)


@router.get(
    "/{definition_id}",
    response_model=Envelope[HttpRequestDefinitionRead],
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
)
async def get_http_request_definition(definition_id: UUID, context: Context, principal: DefinitionReader) -> Response:
    """Read a definition."""
    async with context.reads() as session:
        definition = await definitions.get(session, principal.project_id, definition_id)
    return answer(Envelope(data=_to_read(definition)))


@router.put(
    "/{definition_id}",
    response_model=Envelope[HttpRequestDefinitionRead],
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
    openapi_extra=documents_body(HttpRequestDefinitionUpdate),
)
async def update_http_request_definition(
    definition_id: UUID,
    context: Context,
    principal: Annotated[Principal, Depends(Requires("http-request-definition:update"))],
    received: Annotated[Received[HttpRequestDefinitionUpdate], Depends(JsonBody(HttpRequestDefinitionUpdate))],
) -> Response:
    """Change a definition; what is left out stays."""
    changes = _to_columns(received.body.sent())
    async with context.transactions.begin() as session:
        definition = await definitions.change(session, principal.project_id, definition_id, changes)
    return answer(Envelope(data=_to_read(definition)))


def _to_columns(fields: Mapping[str, Any]) -> dict[str, Any]:
    body = fields.get("body")
    return {**fields, "body": json.dumps(body, ensure_ascii=False)} if isinstance(body, dict) else dict(fields)


def _to_read(definition: HttpRequestDefinition) -> HttpRequestDefinitionRead:
    return HttpRequestDefinitionRead.model_validate(
        {
            "id": definition.id,
            "scope": definition.scope,
            "url": definition.url,
            "method": definition.method,
            "headers": definition.headers,
            "body": definition.body,
            "parsed_body": _parsed(definition.body),
            "description": definition.description,
            "is_config_managed": False,
            "created_at": definition.created_at,
            "updated_at": definition.updated_at,
        }
    )


def _parsed(body: str | None) -> dict[str, Any] | str | None:
    try:
        parsed = json.loads(body or "")
    except ValueError:
        return body
    return parsed if isinstance(parsed, dict) else body
