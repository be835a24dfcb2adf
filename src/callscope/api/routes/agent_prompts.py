"""`/v1/agent/{agent_id}/prompts`."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from callscope.api.answers import answer, errors
from callscope.api.authentication import Requires
from callscope.api.bodies import JsonBody, Received
from callscope.api.context import Context
from callscope.api.openapi import documents_body
from callscope.api.schemas.agent import (
    PromptRead,
    Prompts,
    PromptUpdate,
    PromptUpdated,
    PromptVersionRead,
    PromptVersions,
)
from callscope.api.schemas.base import Envelope
from callscope.services import agent_catalogue
from callscope.services.keys import Principal

router = APIRouter(prefix="/v1/agent/{agent_id}/prompts", tags=["agent prompt"])

PromptReader = Annotated[Principal, Depends(Requires("agent-prompt:read"))]


@router.put(
    "",
    response_model=Envelope[PromptUpdated],
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
    openapi_extra=documents_body(PromptUpdate),
)
async def update_prompt(
    agent_id: UUID,
    context: Context,
    principal: Annotated[Principal, Depends(Requires("agent-prompt:update"))],
    received: Annotated[Received[PromptUpdate], Depends(JsonBody(PromptUpdate))],
) -> Response:
    """Set the agent's managed prompt. A text other than the newest becomes a new version."""
    async with context.transactions.begin() as session:
        done = await agent_catalogue.set_prompt(session, principal.project_id, agent_id, received.body.prompt)
    return answer(
        Envelope(data=PromptUpdated(prompt_id=done.prompt_id, version_number=done.version_number, changed=done.is_new))
    )


@router.get("", response_model=Prompts, responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND))
async def list_prompts(agent_id: UUID, context: Context, principal: PromptReader) -> Response:
    """List an agent's prompts in their newest versions, one a source."""
    async with context.reads() as session:
        prompts = await agent_catalogue.list_prompts(session, principal.project_id, agent_id)
    data = [
        PromptRead(
            id=prompt.id,
            source=prompt.source,
            prompt=prompt.current.prompt,
            created_at=prompt.created_at,
            updated_at=prompt.current.created_at,
        )
        for prompt in prompts
    ]
    return answer(Prompts(data=data))


@router.get(
    "/{prompt_id}/versions",
    response_model=PromptVersions,
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
)
async def list_prompt_versions(agent_id: UUID, prompt_id: UUID, context: Context, principal: PromptReader) -> Response:
    """List the versions of a prompt, newest first."""
    async with context.reads() as session:
        versions = await agent_catalogue.list_prompt_versions(session, principal.project_id, agent_id, prompt_id)
    data = [
        PromptVersionRead(version_number=each.number, prompt=each.prompt, created_at=each.created_at)
        for each in versions
    ]
    return answer(PromptVersions(data=data))
