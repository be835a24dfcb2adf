"""`/v1/agent`."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from callscope.api.answers import answer, errors
from callscope.api.authentication import Requires
from callscope.api.bodies import JsonBody, Received
from callscope.api.context import Context
from callscope.api.openapi import documents_body
from callscope.api.pages import PageQuery, SearchText, answer_page, check_nul
from callscope.api.schemas.agent import AgentCreate, AgentRead, AgentUpdate
from callscope.api.schemas.base import Envelope, PageEnvelope
from callscope.core.agent import Agent
from callscope.services import agent_catalogue
from callscope.services.keys import Principal

router = APIRouter(prefix="/v1/agent", tags=["agent"])

AgentReader = Annotated[Principal, Depends(Requires("agent:read"))]


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    response_model=Envelope[AgentRead],
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT),
    openapi_extra=documents_body(AgentCreate),
)
async def create_agent(
    context: Context,
    principal: Annotated[Principal, Depends(Requires("agent:create"))],
    received: Annotated[Received[AgentCreate], Depends(JsonBody(AgentCreate))],
) -> Response:
    """Make an agent. Its `customId` is unique in the project; so is the name of an agent without one."""
    body = received.body
    async with context.transactions.begin() as session:
        agent = await agent_catalogue.create_agent(
            session, principal.project_id, name=body.name, custom_id=body.custom_id, description=body.description
        )
    return answer(Envelope(data=_to_read(agent)), status=HTTPStatus.CREATED)


@router.get("", response_model=PageEnvelope[AgentRead], responses=errors(HTTPStatus.BAD_REQUEST))
async def list_agents(
    context: Context, principal: AgentReader, page: PageQuery, search_text: SearchText = None
) -> Response:
    """List agents, newest first: all, or those whose name, custom id or description has the text."""
    check_nul(searchText=search_text)
    async with context.reads() as session:
        found = await agent_catalogue.list_agents(session, principal.project_id, page, search_text=search_text)
    return answer_page(found, _to_read)


@router.get(
    "/{agent_id}", response_model=Envelope[AgentRead], responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND)
)
async def get_agent(agent_id: UUID, context: Context, principal: AgentReader) -> Response:
    """Read an agent."""
    async with context.reads() as session:
        agent = await agent_catalogue.get_agent(session, principal.project_id, agent_id)
    return answer(Envelope(data=_to_read(agent)))


@router.put(
    "/{agent_id}",
    response_model=Envelope[AgentRead],
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    openapi_extra=documents_body(AgentUpdate),
)
async def update_agent(
    agent_id: UUID,
    context: Context,
    principal: Annotated[Principal, Depends(Requires("agent:update"))],
    received: Annotated[Received[AgentUpdate], Depends(JsonBody(AgentUpdate))],
) -> Response:
    """Change an agent's name or description; what is left out stays."""
    changes = received.body.sent()
    async with context.transactions.begin() as session:
        agent = await agent_catalogue.change_agent(session, principal.project_id, agent_id, changes)
    return answer(Envelope(data=_to_read(agent)))


def _to_read(agent: Agent) -> AgentRead:
    return AgentRead(
        id=agent.id,
        name=agent.name,
        custom_id=agent.custom_id,
        description=agent.description,
        created_at=agent.created_at,
        updated_at=agent.updated_at,
    )
