"""Agents, endpoints and prompts a call names: found, or made where the sender's shape asks for it."""

import hashlib
from collections.abc import Iterable, Sequence
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
from callscope.storage.agents import StoredAgent, StoredEndpoint

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

PROMPT_SOURCE = "API"
"""The lineage of prompts that come with calls."""
DEFAULT_ENDPOINT_DIRECTION = "INCOMING_AND_OUTGOING"


async def resolve(session: "AsyncSession", project_id: UUID, named: Sequence[NewCallAgent]) -> tuple[CallAgent, ...]:
    """Return the agents of a new call, in order, inside the caller's transaction.

    Raises NotFound for an id the project does not have, InvalidInput for an agent named twice and for an endpoint of
    another agent.
    """
    if not named:
        return ()
    found = await _find_or_make_agents(session, project_id, named)
    endpoints = await _find_or_make_endpoints(session, project_id, named, found)
    prompts = await _find_or_make_prompts(session, project_id, named, found)
    return tuple(
        CallAgent(
            id=agent.id,
            participant_id=new_id(),
            name=agent.name,
            custom_id=agent.custom_id,
            endpoint=endpoint,
            prompt_id=prompt_id,
        )
        for agent, endpoint, prompt_id in zip(found, endpoints, prompts, strict=True)
    )


async def _find_or_make_agents(
    session: "AsyncSession", project_id: UUID, named: Sequence[NewCallAgent]
) -> list[StoredAgent]:
    identities = [agent.identity for agent in named]
    known = await _find(session, project_id, identities)
    missing = [
        identity for identity in identities if isinstance(identity, AgentByName) and _match(identity, known) is None
    ]
    if missing:
        # In one order everywhere: two transactions that wait for each other's agents would be a deadlock.
        for identity in sorted(missing, key=lambda each: (each.custom_id or "", each.name)):
            await agents.insert_missing(
                session,
                project_id,
                name=identity.name,
                custom_id=identity.custom_id,
                description=identity.description,
            )
        known = await _find(session, project_id, identities)
    return _each_once([_require(agent, known) for agent in named], named)


async def _find(
    session: "AsyncSession", project_id: UUID, identities: Iterable[AgentIdentity]
) -> tuple[StoredAgent, ...]:
    ids: list[UUID] = []
    custom_ids: list[str] = []
    names: list[str] = []
    for identity in identities:
        match identity:
            case AgentById():
                ids.append(identity.agent_id)
            case AgentByCustomId(custom_id=custom_id) | AgentByName(custom_id=str(custom_id)):
                custom_ids.append(custom_id)
            case AgentByName():
                names.append(identity.name)
    return await agents.find(session, project_id, ids=ids, custom_ids=custom_ids, names=names)


def _match(identity: AgentIdentity, known: Sequence[StoredAgent]) -> StoredAgent | None:
    match identity:
        case AgentById():
            return next((agent for agent in known if agent.id == identity.agent_id), None)
        case AgentByCustomId(custom_id=custom_id) | AgentByName(custom_id=str(custom_id)):
            return next((agent for agent in known if agent.custom_id == custom_id), None)
        case AgentByName():
            return next((agent for agent in known if agent.name == identity.name), None)


def _require(named: NewCallAgent, known: Sequence[StoredAgent]) -> StoredAgent:
    agent = _match(named.identity, known)
    if agent is not None:
        return agent
    field, value = (
        ("roarkId", str(named.identity.agent_id))
        if isinstance(named.identity, AgentById)
        else ("customId", str(named.identity.custom_id))
    )
    raise NotFound(
        f"`{_spell(named, field)}`: there is no agent {value!r} in this project. Create it first, or send `name` to "
        "have it made.",
        param=_spell(named, field),
    )


def _each_once(found: list[StoredAgent], named: Sequence[NewCallAgent]) -> list[StoredAgent]:
    seen: dict[UUID, NewCallAgent] = {}
    for agent, mention in zip(found, named, strict=True):
        first = seen.setdefault(agent.id, mention)
        if first is not mention:
            message = f"`{_spell(mention)}` is the same agent as `{_spell(first)}`. Name each agent once."
            raise InvalidInput.at(*mention.path, message=message)
    return found


async def _find_or_make_endpoints(
    session: "AsyncSession", project_id: UUID, named: Sequence[NewCallAgent], found: Sequence[StoredAgent]
) -> list[AgentEndpoint | None]:
    pairs = [(mention, agent) for mention, agent in zip(named, found, strict=True) if mention.endpoint is not None]
    if not pairs:
        return [None] * len(named)
    known = await _find_endpoints(session, project_id, pairs)
    missing = [
        (agent, mention.endpoint)
        for mention, agent in pairs
        if isinstance(mention.endpoint, EndpointByValue) and _match_endpoint(mention.endpoint, agent, known) is None
    ]
    if missing:
        for agent, endpoint in sorted(missing, key=lambda pair: (pair[0].id, pair[1].type, pair[1].value)):
            await agents.insert_missing_endpoint(
                session,
                project_id,
                agent_id=agent.id,
                type_=endpoint.type,
                value=endpoint.value,
                direction=endpoint.direction or DEFAULT_ENDPOINT_DIRECTION,
            )
        known = await _find_endpoints(session, project_id, pairs)
    return [
        None if mention.endpoint is None else _require_endpoint(mention, mention.endpoint, agent, known)
        for mention, agent in zip(named, found, strict=True)
    ]


async def _find_endpoints(
    session: "AsyncSession", project_id: UUID, pairs: Sequence[tuple[NewCallAgent, StoredAgent]]
) -> tuple[StoredEndpoint, ...]:
    endpoints = [mention.endpoint for mention, _ in pairs]
    return await agents.find_endpoints(
        session,
        project_id,
        ids=[endpoint.endpoint_id for endpoint in endpoints if isinstance(endpoint, EndpointById)],
        agent_ids=[agent.id for _, agent in pairs],
        values=[endpoint.value for endpoint in endpoints if isinstance(endpoint, EndpointByValue)],
    )


def _match_endpoint(
    wanted: EndpointIdentity, agent: StoredAgent, known: Sequence[StoredEndpoint]
) -> AgentEndpoint | None:
    for stored in known:
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
    mention: NewCallAgent, wanted: EndpointIdentity, agent: StoredAgent, known: Sequence[StoredEndpoint]
) -> AgentEndpoint:
    endpoint = _match_endpoint(wanted, agent, known)
    spelled = _spell(mention, "endpoint", "id")
    if endpoint is None:
        raise NotFound(
            f"`{spelled}`: there is no such endpoint in this project. Send its `type` and `value` to have it made.",
            param=spelled,
        )
    owner = next(stored.agent_id for stored in known if stored.endpoint.id == endpoint.id)
    if owner != agent.id:
        message = f"`{spelled}` belongs to another agent. Send an endpoint of this agent, or its `type` and `value`."
        raise InvalidInput.at(*mention.path, "endpoint", "id", message=message)
    return endpoint


async def _find_or_make_prompts(
    session: "AsyncSession", project_id: UUID, named: Sequence[NewCallAgent], found: Sequence[StoredAgent]
) -> list[UUID | None]:
    texts = {
        (agent.id, hashlib.sha256(mention.prompt.encode()).digest()): mention.prompt
        for mention, agent in zip(named, found, strict=True)
        if mention.prompt is not None
    }
    if not texts:
        return [None] * len(named)
    known = await agents.find_prompt_versions(session, project_id, texts, source=PROMPT_SOURCE)
    if missing := sorted(texts.keys() - known.keys()):
        for agent_id, digest in missing:
            await agents.add_prompt_version(
                session,
                project_id,
                agent_id=agent_id,
                source=PROMPT_SOURCE,
                prompt=texts[agent_id, digest],
                digest=digest,
            )
        known = await agents.find_prompt_versions(session, project_id, texts, source=PROMPT_SOURCE)
    version_of = {agent_id: known[agent_id, digest] for agent_id, digest in texts}
    return [version_of.get(agent.id) for agent in found]


def _spell(named: NewCallAgent, *further: str) -> str:
    return spell_path((*named.path, *further))
