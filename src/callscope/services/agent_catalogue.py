"""Agents, endpoints and prompts as a project's people manage them."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from callscope.core.agent import Agent, Endpoint, OutboundDial, Prompt, PromptVersion
from callscope.core.errors import InvalidInput, NotFound
from callscope.core.ids import new_id
from callscope.core.page import Page, PageRequest
from callscope.services import http_request_definitions
from callscope.storage import agent_catalogue, agents

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

MANAGED_PROMPT_SOURCE = "API_MANAGED"
"""The lineage of prompts that are set through the API."""

PHONE_NUMBER = re.compile(r"\+[1-9]\d{1,14}")
WEBSOCKET_URL = re.compile(r"wss?://[^\s/]+\S*")


class AgentNotFound(NotFound):
    """The project has no such agent."""


class EndpointNotFound(NotFound):
    """The project has no such endpoint."""


class PromptNotFound(NotFound):
    """The agent has no such prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptSet:
    """A lineage after its prompt was set; `is_new` unless that was its newest text already."""

    prompt_id: UUID
    version_number: int
    is_new: bool


async def create_agent(
    session: "AsyncSession", project_id: UUID, *, name: str, custom_id: str | None, description: str | None
) -> Agent:
    """Make an agent. Raises AgentNameTaken."""
    columns = {"id": new_id(), "name": name, "custom_id": custom_id, "description": description}
    return await agent_catalogue.add_agent(session, project_id, columns)


async def change_agent(
    session: "AsyncSession", project_id: UUID, agent_id: UUID, changes: Mapping[str, str | None]
) -> Agent:
    """Change what `changes` names of `name` and `description`. Raises AgentNotFound, AgentNameTaken."""
    changed = await agent_catalogue.change_agent(session, project_id, agent_id, changes)
    if changed is None:
        raise _no_agent(agent_id)
    return changed


async def get_agent(session: "AsyncSession", project_id: UUID, agent_id: UUID) -> Agent:
    """Return an agent. Raises AgentNotFound."""
    agent = await agent_catalogue.get_agent(session, project_id, agent_id)
    if agent is None:
        raise _no_agent(agent_id)
    return agent


async def list_agents(
    session: "AsyncSession", project_id: UUID, request: PageRequest, *, search_text: str | None
) -> Page[Agent]:
    """Return one page of agents, newest first: all, or those whose name, custom id or description has the text."""
    return await agent_catalogue.list_agents(session, project_id, request, search_text=search_text)


async def create_endpoint(
    session: "AsyncSession",
    project_id: UUID,
    *,
    agent_id: UUID,
    value: str,
    direction: str,
    environment: str,
    outbound_dial: OutboundDial,
    dial_definition_id: UUID | None,
) -> Endpoint:
    """Make an endpoint; its type follows from its value.

    Raises InvalidInput, AgentNotFound, DefinitionNotFound, EndpointTaken.
    """
    await get_agent(session, project_id, agent_id)
    columns = {
        "id": new_id(),
        "agent_id": agent_id,
        "type": _type_of(value),
        "value": value,
        "direction": direction,
        "environment": environment,
        **await _dialling(session, project_id, outbound_dial, dial_definition_id),
    }
    return await agent_catalogue.add_endpoint(session, project_id, columns)


async def change_endpoint(
    session: "AsyncSession", project_id: UUID, endpoint_id: UUID, changes: Mapping[str, Any]
) -> Endpoint:
    """Change what `changes` names of `environment`, `outbound_dial` and `dial_definition_id`.

    Raises EndpointNotFound, DefinitionNotFound, InvalidInput, EndpointTaken.
    """
    before = await get_endpoint(session, project_id, endpoint_id)
    dialling = await _dialling(
        session,
        project_id,
        changes.get("outbound_dial", before.outbound_dial),
        changes.get("dial_definition_id", before.dial_definition_id),
    )
    columns = {**changes, **dialling}
    changed = await agent_catalogue.change_endpoint(session, project_id, endpoint_id, columns)
    if changed is None:
        raise _no_endpoint(endpoint_id)
    return changed


async def get_endpoint(session: "AsyncSession", project_id: UUID, endpoint_id: UUID) -> Endpoint:
    """Return an endpoint. Raises EndpointNotFound."""
    endpoint = await agent_catalogue.get_endpoint(session, project_id, endpoint_id)
    if endpoint is None:
        raise _no_endpoint(endpoint_id)
    return endpoint


async def list_endpoints(
    session: "AsyncSession", project_id: UUID, request: PageRequest, *, agent_id: UUID | None, search_text: str | None
) -> Page[Endpoint]:
    """Return one page of endpoints, newest first."""
    return await agent_catalogue.list_endpoints(
        session, project_id, request, agent_id=agent_id, search_text=search_text
    )


async def set_prompt(session: "AsyncSession", project_id: UUID, agent_id: UUID, prompt: str) -> PromptSet:
    """Make `prompt` the newest of the agent's managed lineage. Raises AgentNotFound."""
    await get_agent(session, project_id, agent_id)
    prompt_id, number, is_new = await agents.set_prompt(
        session,
        project_id,
        agent_id=agent_id,
        source=MANAGED_PROMPT_SOURCE,
        prompt=prompt,
        digest=hashlib.sha256(prompt.encode()).digest(),
    )
    return PromptSet(prompt_id=prompt_id, version_number=number, is_new=is_new)


async def list_prompts(session: "AsyncSession", project_id: UUID, agent_id: UUID) -> tuple[Prompt, ...]:
    """Return the agent's prompts, one a source, oldest lineage first. Raises AgentNotFound."""
    await get_agent(session, project_id, agent_id)
    return await agent_catalogue.list_prompts(session, agent_id)


async def list_prompt_versions(
    session: "AsyncSession", project_id: UUID, agent_id: UUID, prompt_id: UUID
) -> tuple[PromptVersion, ...]:
    """Return the versions of a prompt, newest first. Raises AgentNotFound, PromptNotFound."""
    await get_agent(session, project_id, agent_id)
    versions = await agent_catalogue.list_prompt_versions(session, agent_id, prompt_id)
    if not versions:
        raise PromptNotFound(f"Agent {agent_id} has no prompt {prompt_id}.", param="promptId")
    return versions


async def _dialling(
    session: "AsyncSession", project_id: UUID, outbound_dial: OutboundDial, dial_definition_id: UUID | None
) -> dict[str, Any]:
    if outbound_dial is OutboundDial.HTTP_REQUEST and dial_definition_id is None:
        field = "outboundDialHttpRequestDefinitionId"
        message = f"`{field}` is required when `outboundDialType` is HTTP_REQUEST."
        raise InvalidInput.at(field, message=message, code="missing_required_field")
    if dial_definition_id is not None:
        await http_request_definitions.get(session, project_id, dial_definition_id)
    return {"outbound_dial": outbound_dial.value, "dial_definition_id": dial_definition_id}


def _type_of(value: str) -> str:
    if PHONE_NUMBER.fullmatch(value):
        return "PHONE"
    if WEBSOCKET_URL.fullmatch(value):
        return "WEBSOCKET"
    message = (
        "`value` must be a phone number in E.164, such as +14155551234, or a URL that starts with ws:// or wss://."
    )
    raise InvalidInput.at("value", message=message)


def _no_agent(agent_id: UUID) -> AgentNotFound:
    return AgentNotFound(f"There is no agent {agent_id} in this project.", param="agentId")


def _no_endpoint(endpoint_id: UUID) -> EndpointNotFound:
    return EndpointNotFound(f"There is no endpoint {endpoint_id} in this project.", param="endpointId")
