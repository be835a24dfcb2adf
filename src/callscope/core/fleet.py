"""Figures of many calls in a stretch of time: of a project, of one agent, of one version of a prompt."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetScope:
    """Which calls: those begun from `since` to before `until`, of an agent and of a prompt's version if named."""

    project_id: UUID
    since: datetime
    until: datetime
    agent_id: UUID | None = None
    prompt_version_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetFigures:
    """What was counted and measured. Only calls that were measured are in it.

    Percentiles are over all answers of the agents, None without any.
    """

    call_count: int
    error_count: int
    barge_in_count: int
    failed_barge_in_count: int
    tool_count: int
    failed_tool_count: int
    response_p50_ms: float | None
    response_p95_ms: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetBucket:
    """The figures of one of the equal parts of a stretch of time."""

    since: datetime
    length: timedelta
    figures: FleetFigures


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFigures:
    """The figures of one agent."""

    agent_id: UUID
    name: str
    figures: FleetFigures


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptVersionFigures:
    """The figures of the calls that ran with one version of a prompt; `number` counts within its lineage."""

    version_id: UUID
    number: int
    source: str
    prompt: str
    created_at: datetime
    figures: FleetFigures
