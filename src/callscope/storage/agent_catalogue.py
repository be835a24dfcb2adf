"""Agents, endpoints and prompts as a project's people manage them, apart from any call."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from psycopg.errors import UniqueViolation
from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callscope.core.agent import Agent, Endpoint, OutboundDial, Prompt, PromptVersion
from callscope.core.errors import Conflict
from callscope.core.page import Page, PageRequest
from callscope.storage.agents import AgentEndpointRow, AgentPromptRow, AgentPromptVersionRow, AgentRow
from callscope.storage.pages import newest_first
from callscope.storage.project_rows import added, changed, find


class AgentNameTaken(Conflict):
    """Another agent of the project bears the name or custom id."""

    code = "agent_exists"


class EndpointTaken(Conflict):
    """The agent has an endpoint of the same values."""

    code = "endpoint_exists"


async def add_agent(session: AsyncSession, project_id: UUID, columns: Mapping[str, Any]) -> Agent:
    """Insert an agent and return it. Raises AgentNameTaken; the transaction must then be rolled back."""
    return _to_agent(await _written(session, added(AgentRow, project_id, columns), _agent_taken()))


async def change_agent(
    session: AsyncSession, project_id: UUID, agent_id: UUID, columns: Mapping[str, Any]
) -> Agent | None:
    """Change an agent and return it, None when the project has none of that id. Raises AgentNameTaken."""
    row = await _written(session, changed(AgentRow, project_id, agent_id, columns), _agent_taken())
    return None if row is None else _to_agent(row)


async def get_agent(session: AsyncSession, project_id: UUID, agent_id: UUID) -> Agent | None:
    """Return an agent, None when the project has none of that id."""
    row = await find(session, AgentRow, project_id, agent_id)
    return None if row is None else _to_agent(row)


async def list_agents(
    session: AsyncSession, project_id: UUID, request: PageRequest, *, search_text: str | None
) -> Page[Agent]:
    """Return one page of the project's agents, newest first."""
    matching = [AgentRow.project_id == project_id]
    if search_text:
        columns = (AgentRow.name, AgentRow.custom_id, AgentRow.description)
        matching.append(or_(*(column.icontains(search_text, autoescape=True) for column in columns)))
    return await newest_first(session, AgentRow, matching, request, _to_agent)


async def add_endpoint(session: AsyncSession, project_id: UUID, columns: Mapping[str, Any]) -> Endpoint:
    """Insert an endpoint and return it. Raises EndpointTaken; the transaction must then be rolled back."""
    return _to_endpoint(await _written(session, added(AgentEndpointRow, project_id, columns), _endpoint_taken()))


async def change_endpoint(
    session: AsyncSession, project_id: UUID, endpoint_id: UUID, columns: Mapping[str, Any]
) -> Endpoint | None:
    """Change an endpoint and return it, None when the project has none of that id. Raises EndpointTaken."""
    row = await _written(session, changed(AgentEndpointRow, project_id, endpoint_id, columns), _endpoint_taken())
    return None if row is None else _to_endpoint(row)


async def get_endpoint(session: AsyncSession, project_id: UUID, endpoint_id: UUID) -> Endpoint | None:
    """Return an endpoint, None when the project has none of that id."""
    row = await find(session, AgentEndpointRow, project_id, endpoint_id)
    return None if row is None else _to_endpoint(row)


async def list_endpoints(
    session: AsyncSession, project_id: UUID, request: PageRequest, *, agent_id: UUID | None, search_text: str | None
) -> Page[Endpoint]:
    """Return one page of the project's endpoints, newest first."""
    matching = [AgentEndpointRow.project_id == project_id]
    if agent_id is not None:
        matching.append(AgentEndpointRow.agent_id == agent_id)
    if search_text:
        columns = (AgentEndpointRow.value, AgentEndpointRow.environment)
        matching.append(or_(*(column.icontains(search_text, autoescape=True) for column in columns)))
    return await newest_first(session, AgentEndpointRow, matching, request, _to_endpoint)


async def list_prompts(session: AsyncSession, agent_id: UUID) -> tuple[Prompt, ...]:
    """Return the prompts of an agent in their newest versions. The id must have been scoped to a project."""
    query = (
        select(AgentPromptRow, AgentPromptVersionRow)
        .join(AgentPromptVersionRow, AgentPromptVersionRow.agent_prompt_id == AgentPromptRow.id)
        .where(AgentPromptRow.agent_id == agent_id)
        .ext(distinct_on(AgentPromptRow.created_at, AgentPromptRow.id))
        .order_by(AgentPromptRow.created_at, AgentPromptRow.id, AgentPromptVersionRow.version.desc())
    )
    return tuple(
        Prompt(id=prompt.id, source=prompt.source, created_at=prompt.created_at, current=_to_version(version))
        for prompt, version in await session.execute(query)
    )


async def list_prompt_versions(session: AsyncSession, agent_id: UUID, prompt_id: UUID) -> tuple[PromptVersion, ...]:
    """Return the versions of an agent's prompt, newest first; none when the agent has no such prompt."""
    query = (
        select(AgentPromptVersionRow)
        .join(AgentPromptRow, AgentPromptRow.id == AgentPromptVersionRow.agent_prompt_id)
        .where(AgentPromptRow.agent_id == agent_id, AgentPromptRow.id == prompt_id)
        .order_by(AgentPromptVersionRow.version.desc())
    )
    return tuple(_to_version(row) for row in (await session.execute(query)).scalars())


async def _written(session: AsyncSession, statement: Any, taken: Conflict) -> Any:  # noqa: ANN401 - a row of its table
    try:
        written = await session.execute(statement, execution_options={"populate_existing": True})
    except IntegrityError as error:
        if isinstance(error.orig, UniqueViolation):
            raise taken from error
        raise
    return written.scalar_one_or_none()


def _agent_taken() -> AgentNameTaken:
    return AgentNameTaken(
        "An agent of this `customId`, or of this `name` without a `customId`, exists in this project. "
        "Change that one, or send another `customId`."
    )


def _endpoint_taken() -> EndpointTaken:
    return EndpointTaken("The agent has an endpoint of this value, direction and environment. Change that one.")


def _to_agent(row: AgentRow) -> Agent:
    return Agent(
        id=row.id,
        name=row.name,
        custom_id=row.custom_id,
        description=row.description,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _to_endpoint(row: AgentEndpointRow) -> Endpoint:
    return Endpoint(
        id=row.id,
        agent_id=row.agent_id,
        type=row.type,
        value=row.value,
        direction=row.direction,
        environment=row.environment,
        outbound_dial=OutboundDial(row.outbound_dial),
        dial_definition_id=row.dial_definition_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _to_version(row: AgentPromptVersionRow) -> PromptVersion:
    return PromptVersion(number=row.version, prompt=row.prompt, created_at=row.created_at)


async def read_prompt(session: AsyncSession, version_id: UUID) -> str | None:
    """Return the text of one version of a prompt, None when it is gone. The id must have been scoped to a project."""
    query = select(AgentPromptVersionRow.prompt).where(AgentPromptVersionRow.id == version_id)
    return (await session.execute(query)).scalar_one_or_none()
