"""Agents, endpoints and prompts a call names: found, or made where the sender's shape asks for it."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.call import AgentEndpoint, CallAgent
from callscope.core.errors import InvalidInput, NotFound, spell_path
from callscope.core.ids import new_id
from callscope.core.new_call import (
    AgentByCustomId,
    AgentById,
    AgentByName,
    AgentIdentity,
    EndpointById,
    EndpointByValue,
    EndpointIdentity,
    NewCallAgent,
)
from callscope.storage import agents
from callscope.storage.directory import Known, Names, StoredAgent

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

PROMPT_SOURCE = "API"
"""The lineage of prompts that come with calls."""
DEFAULT_ENDPOINT_DIRECTION = "INCOMING_AND_OUTGOING"


def names_in(named: Sequence[NewCallAgent], *, property_names: Sequence[str]) -> Names:
    """Return what must be looked up to resolve these agents and properties."""
    identities = [agent.identity for agent in named]
    endpoints = [agent.endpoint for agent in named]
    return Names(
        property_names=property_names,
        agent_ids=[identity.agent_id for identity in identities if isinstance(identity, AgentById)],
        custom_ids=[custom_id for identity in identities if (custom_id := _custom_id(identity)) is not None],
        agent_names=[
            identity.name for identity in identities if isinstance(identity, AgentByName) and identity.custom_id is None
        ],
        endpoint_ids=[endpoint.endpoint_id for endpoint in endpoints if isinstance(endpoint, EndpointById)],
        endpoint_values=[endpoint.value for endpoint in endpoints if isinstance(endpoint, EndpointByValue)],
        prompt_digests=[_digest(agent.prompt) for agent in named if agent.prompt is not None],
        prompt_source=PROMPT_SOURCE,
    )


def lacks_any(named: Sequence[NewCallAgent], known: Known) -> bool:
    """Tell whether an agent, endpoint or prompt version named by shape is not there yet."""
    return any(_lacks(mention, known) for mention in named)


async def make_missing(session: "AsyncSession", project_id: UUID, named: Sequence[NewCallAgent], known: Known) -> bool:
    """Make the agents named by shape that are not there yet; return whether there were any."""
    missing = [
        agent.identity
        for agent in named
        if isinstance(agent.identity, AgentByName) and _match(agent.identity, known) is None
    ]
    # In one order everywhere: two transactions that wait for each other's agents would be a deadlock.
    for identity in sorted(missing, key=lambda each: (each.custom_id or "", each.name)):
        await agents.insert_missing(
            session, project_id, name=identity.name, custom_id=identity.custom_id, description=identity.description
        )
    return bool(missing)


async def make_missing_parts(
    session: "AsyncSession", project_id: UUID, named: Sequence[NewCallAgent], known: Known
) -> bool:
    """Make the endpoints and prompt versions of known agents that are not there yet; return whether there were any.

    Raises NotFound for an agent the project does not have, InvalidInput for one that is named twice.
    """
    pairs = sorted(zip(find_each(named, known), named, strict=True), key=lambda pair: pair[0].id)
    made = [
        await _make_endpoint(session, project_id, agent, mention.endpoint, known)
        | await _make_prompt(session, project_id, agent, mention.prompt, known)
        for agent, mention in pairs
    ]
    return any(made)


async def _make_endpoint(
    session: "AsyncSession", project_id: UUID, agent: StoredAgent, wanted: EndpointIdentity | None, known: Known
) -> bool:
    if not isinstance(wanted, EndpointByValue) or not _lacks_endpoint(wanted, agent, known):
        return False
    direction = wanted.direction or DEFAULT_ENDPOINT_DIRECTION
    await agents.insert_missing_endpoint(
        session, project_id, agent_id=agent.id, type_=wanted.type, value=wanted.value, direction=direction
    )
    return True


async def _make_prompt(
    session: "AsyncSession", project_id: UUID, agent: StoredAgent, prompt: str | None, known: Known
) -> bool:
    if prompt is None or not _lacks_prompt(prompt, agent, known):
        return False
    await agents.add_prompt_version(
        session, project_id, agent_id=agent.id, source=PROMPT_SOURCE, prompt=prompt, digest=_digest(prompt)
    )
    return True


def resolve(named: Sequence[NewCallAgent], known: Known) -> tuple[CallAgent, ...]:
    """Return the agents of a new call, in order, all of them and their parts being known.

    Raises NotFound for an id the project does not have, InvalidInput for an endpoint of another agent.
    """
    return tuple(
        CallAgent(
            id=agent.id,
            participant_id=new_id(),
            name=agent.name,
            custom_id=agent.custom_id,
            endpoint=None if mention.endpoint is None else _require_endpoint(mention, mention.endpoint, agent, known),
            prompt_id=None if mention.prompt is None else known.prompt_versions[agent.id, _digest(mention.prompt)],
        )
        for agent, mention in zip(find_each(named, known), named, strict=True)
    )


def find_each(named: Sequence[NewCallAgent], known: Known) -> list[StoredAgent]:
    """Return each named agent. Raises NotFound, and InvalidInput for an agent that is named twice."""
    found = [_require(mention, known) for mention in named]
    seen: dict[UUID, NewCallAgent] = {}
    for agent, mention in zip(found, named, strict=True):
        first = seen.setdefault(agent.id, mention)
        if first is not mention:
            message = f"`{spell_path(mention.path)}` is the same agent as `{spell_path(first.path)}`. Name it once."
            raise InvalidInput.at(*mention.path, message=message)
    return found


def _lacks(mention: NewCallAgent, known: Known) -> bool:
    agent = _match(mention.identity, known)
    if agent is None:
        return isinstance(mention.identity, AgentByName)
    return _lacks_endpoint(mention.endpoint, agent, known) or _lacks_prompt(mention.prompt, agent, known)


def _lacks_endpoint(wanted: EndpointIdentity | None, agent: StoredAgent, known: Known) -> bool:
    return isinstance(wanted, EndpointByValue) and _match_endpoint(wanted, agent, known) is None


def _lacks_prompt(prompt: str | None, agent: StoredAgent, known: Known) -> bool:
    return prompt is not None and (agent.id, _digest(prompt)) not in known.prompt_versions


def _match(identity: AgentIdentity, known: Known) -> StoredAgent | None:
    custom_id = _custom_id(identity)
    for agent in known.agents:
        if isinstance(identity, AgentById):
            is_meant = agent.id == identity.agent_id
        elif custom_id is not None:
            is_meant = agent.custom_id == custom_id
        else:
            is_meant = isinstance(identity, AgentByName) and agent.name == identity.name
        if is_meant:
            return agent
    return None


def _custom_id(identity: AgentIdentity) -> str | None:
    return identity.custom_id if isinstance(identity, AgentByCustomId | AgentByName) else None


def _require(named: NewCallAgent, known: Known) -> StoredAgent:
    agent = _match(named.identity, known)
    if agent is not None:
        return agent
    is_by_id = isinstance(named.identity, AgentById)
    value = named.identity.agent_id if isinstance(named.identity, AgentById) else _custom_id(named.identity)
    field = spell_path((*named.path, "roarkId" if is_by_id else "customId"))
    message = f"`{field}`: there is no agent {str(value)!r} in this project. Send `name` as well to have it made."
    raise NotFound(message, param=field)


def _match_endpoint(wanted: EndpointIdentity, agent: StoredAgent, known: Known) -> AgentEndpoint | None:
    for stored in known.endpoints:
        endpoint = stored.endpoint
        if isinstance(wanted, EndpointById):
            if endpoint.id == wanted.endpoint_id:
                return endpoint
        elif (stored.agent_id, endpoint.type, endpoint.value) == (agent.id, wanted.type, wanted.value) and (
            wanted.direction in (None, endpoint.direction)
        ):
            return endpoint
    return None


def _require_endpoint(
    mention: NewCallAgent, wanted: EndpointIdentity, agent: StoredAgent, known: Known
) -> AgentEndpoint:
    endpoint = _match_endpoint(wanted, agent, known)
    path = (*mention.path, "endpoint", "id")
    field = spell_path(path)
    if endpoint is None:
        message = f"`{field}`: there is no such endpoint in this project. Send its `type` and `value` to have it made."
        raise NotFound(message, param=field)
    owner_id = next(stored.agent_id for stored in known.endpoints if stored.endpoint.id == endpoint.id)
    if owner_id != agent.id:
        message = f"`{field}` belongs to another agent. Send an endpoint of this agent, or its `type` and `value`."
        raise InvalidInput.at(*path, message=message)
    return endpoint


def _digest(prompt: str) -> bytes:
    return hashlib.sha256(prompt.encode()).digest()
