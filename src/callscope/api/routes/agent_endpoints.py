"""`/v1/agent/endpoint`."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from callscope.api.answers import answer, errors
from callscope.api.authentication import Requires
from callscope.api.bodies import JsonBody, Received
from callscope.api.context import Context
from callscope.api.openapi import documents_body
from callscope.api.pages import PageQuery, SearchText, answer_page, check_nul
from callscope.api.schemas.agent import EndpointCreate, EndpointRead, EndpointUpdate
from callscope.api.schemas.base import Envelope, PageEnvelope
from callscope.core.agent import Endpoint
from callscope.services import agent_catalogue
from callscope.services.keys import Principal

COLUMN_OF_FIELD = {
    "environment": "environment",
    "outbound_dial_type": "outbound_dial",
    "outbound_dial_http_request_definition_id": "dial_definition_id",
}

router = APIRouter(prefix="/v1/agent/endpoint", tags=["agent endpoint"])

EndpointReader = Annotated[Principal, Depends(Requires("agent-endpoint:read"))]


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    response_model=Envelope[EndpointRead],
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    openapi_extra=documents_body(EndpointCreate),
)
async def create_endpoint(
    context: Context,
    principal: Annotated[Principal, Depends(Requires("agent-endpoint:create"))],
    received: Annotated[Received[EndpointCreate], Depends(JsonBody(EndpointCreate))],
) -> Response:
    """Make an endpoint of an agent: a phone number, or a WebSocket URL."""
    body = received.body
    async with context.transactions.begin() as session:
        endpoint = await agent_catalogue.create_endpoint(
            session,
            principal.project_id,
            agent_id=body.agent_id,
            value=body.value,
            direction=body.direction,
            environment=body.environment,
            outbound_dial=body.outbound_dial_type,
            dial_definition_id=body.outbound_dial_http_request_definition_id,
        )
    return answer(Envelope(data=_to_read(endpoint)), status=HTTPStatus.CREATED)


@router.get("", response_model=PageEnvelope[EndpointRead], responses=errors(HTTPStatus.BAD_REQUEST))
async def list_endpoints(
    context: Context,
    principal: EndpointReader,
    page: PageQuery,
    agent_id: Annotated[UUID | None, Query(alias="agentId")] = None,
    search_text: SearchText = None,
) -> Response:
    """List endpoints, newest first: all, or those of an agent, or whose value or environment has the text."""
    check_nul(searchText=search_text)
    async with context.reads() as session:
        found = await agent_catalogue.list_endpoints(
            session, principal.project_id, page, agent_id=agent_id, search_text=search_text
        )
    return answer_page(found, _to_read)


@router.get(
    "/{endpoint_id}",
    response_model=Envelope[EndpointRead],
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
)
async def get_endpoint(endpoint_id: UUID, context: Context, principal: EndpointReader) -> Response:
    """Read an endpoint."""
    async with context.reads() as session:
        endpoint = await agent_catalogue.get_endpoint(session, principal.project_id, endpoint_id)
    return answer(Envelope(data=_to_read(endpoint)))


@router.put(
    "/{endpoint_id}",
    response_model=Envelope[EndpointRead],
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    openapi_extra=documents_body(EndpointUpdate),
)
async def update_endpoint(
    endpoint_id: UUID,
    context: Context,
    principal: Annotated[Principal, Depends(Requires("agent-endpoint:update"))],
    received: Annotated[Received[EndpointUpdate], Depends(JsonBody(EndpointUpdate))],
) -> Response:
    """Change an endpoint's environment or how it is dialled; what is left out stays."""
    changes = {COLUMN_OF_FIELD[name]: value for name, value in received.body.sent().items()}
    async with context.transactions.begin() as session:
        endpoint = await agent_catalogue.change_endpoint(session, principal.project_id, endpoint_id, changes)
    return answer(Envelope(data=_to_read(endpoint)))


def _to_read(endpoint: Endpoint) -> EndpointRead:
    return EndpointRead.model_validate(
        {
            "id": endpoint.id,
            "agent_id": endpoint.agent_id,
            "type": endpoint.type,
            "value": endpoint.value,
            "direction": endpoint.direction,
            "environment": endpoint.environment,
            "outbound_dial_type": endpoint.outbound_dial,
            "outbound_dial_http_request_definition_id": endpoint.dial_definition_id,
            "created_at": endpoint.created_at,
            "updated_at": endpoint.updated_at,
        }
    )
