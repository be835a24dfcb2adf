"""Figures of many calls: for the overview, per agent, per version of a prompt."""

from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.fleet import AgentFigures, FleetBucket, FleetFigures, FleetScope, PromptVersionFigures
from callscope.storage import fleet

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


async def series(
    session: "AsyncSession", scope: FleetScope, *, bucket_count: int
) -> tuple[FleetFigures, tuple[FleetBucket, ...]]:
    """Return the figures of all calls of a scope, and of the equal parts of its time, empty ones included, in order."""
    return await fleet.series(session, scope, bucket_count=bucket_count)


async def by_agent(session: "AsyncSession", scope: FleetScope) -> tuple[AgentFigures, ...]:
    """Return the figures of each agent that had calls, the busiest first."""
    return await fleet.by_agent(session, scope)


async def by_prompt_version(
    session: "AsyncSession", scope: FleetScope, agent_id: UUID
) -> tuple[PromptVersionFigures, ...]:
    """Return every version of an agent's prompts with the figures of its calls, newest first of each lineage."""
    return await fleet.by_prompt_version(session, scope, agent_id)


async def ends(session: "AsyncSession", scope: FleetScope) -> dict[str | None, int]:
    """Return how many calls ended how, None for those whose end is not known, the most frequent first."""
    return await fleet.ends(session, scope)
