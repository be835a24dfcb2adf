"""Figures of many calls at once, summed in the database over the figures each call left."""

import math
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Float, any_, cast, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from callscope.core.fleet import AgentFigures, FleetBucket, FleetFigures, FleetScope, PromptVersionFigures
from callscope.storage.agents import AgentPromptRow, AgentPromptVersionRow, AgentRow
from callscope.storage.call_figures import CallFiguresRow

SAMPLED_CALLS = 5_000
"""From so many calls on, percentiles are those of a fixed sample of about as many."""
BYTE = 256
NOTHING = FleetFigures(
    call_count=0,
    error_count=0,
    barge_in_count=0,
    failed_barge_in_count=0,
    tool_count=0,
    failed_tool_count=0,
    response_p50_ms=None,
    response_p95_ms=None,
)


async def series(
    session: AsyncSession, scope: FleetScope, *, bucket_count: int
) -> tuple[FleetFigures, tuple[FleetBucket, ...]]:
    """Return the figures of all calls of a scope, and of the equal parts of its time, empty ones included, in order."""
    length = (scope.until - scope.since) / bucket_count
    offset_s = func.extract("epoch", CallFiguresRow.started_at - scope.since)
    bucket = func.floor(cast(offset_s, Float) / length.total_seconds())
    found = await _figures_by(session, scope, bucket, with_total=True)
    return found.get(None, NOTHING), tuple(
        FleetBucket(since=scope.since + at * length, length=length, figures=found.get(at, NOTHING))
        for at in range(bucket_count)
    )


async def by_agent(session: AsyncSession, scope: FleetScope) -> tuple[AgentFigures, ...]:
    """Return the figures of each agent that had calls, the busiest first."""
    found = await _figures_by(session, scope, func.unnest(CallFiguresRow.agent_ids))
    query = select(AgentRow.id, AgentRow.name).where(AgentRow.project_id == scope.project_id, AgentRow.id.in_(found))
    agents = [
        AgentFigures(agent_id=agent_id, name=name, figures=found[agent_id])
        for agent_id, name in await session.execute(query)
    ]
    return tuple(sorted(agents, key=lambda one: (-one.figures.call_count, one.name)))


async def by_prompt_version(
    session: AsyncSession, scope: FleetScope, agent_id: UUID
) -> tuple[PromptVersionFigures, ...]:
    """Return every version of an agent's prompts with the figures of its calls, newest first of each lineage."""
    found = await _figures_by(session, scope, func.unnest(CallFiguresRow.prompt_version_ids))
    query = (
        select(AgentPromptRow.source, AgentPromptVersionRow)
        .join(AgentPromptVersionRow, AgentPromptVersionRow.agent_prompt_id == AgentPromptRow.id)
        .where(AgentPromptRow.project_id == scope.project_id, AgentPromptRow.agent_id == agent_id)
        .order_by(AgentPromptRow.source, AgentPromptVersionRow.version.desc())
    )
    return tuple(
        PromptVersionFigures(
            version_id=row.id,
            number=row.version,
            source=source,
            prompt=row.prompt,
            created_at=row.created_at,
            figures=found.get(row.id, NOTHING),
        )
        for source, row in await session.execute(query)
    )


async def ends(session: AsyncSession, scope: FleetScope) -> dict[str | None, int]:
    """Return how many calls ended how, None for those whose end is not known, the most frequent first."""
    query = (
        select(CallFiguresRow.ended_status, func.count())
        .where(*_within(scope))
        .group_by(CallFiguresRow.ended_status)
        .order_by(func.count().desc())
    )
    return dict((await session.execute(query)).all())


async def _figures_by(
    session: AsyncSession, scope: FleetScope, key: ColumnElement[Any], *, with_total: bool = False
) -> Mapping[Any, FleetFigures]:
    """Return figures by `key`, under None also those of all calls together: both are read in one pass."""
    keyed = select(key.label("key"), CallFiguresRow).where(*_within(scope)).subquery()
    counts = await session.execute(
        select(
            keyed.c.key,
            func.count(),
            func.count().filter(keyed.c.is_error),
            func.coalesce(func.sum(keyed.c.barge_in_count), 0),
            func.coalesce(func.sum(keyed.c.failed_barge_in_count), 0),
            func.sum(keyed.c.tool_count),
            func.sum(keyed.c.failed_tool_count),
        ).group_by(_grouping(keyed.c.key, with_total=with_total))
    )
    rows = {found: numbers for found, *numbers in counts if numbers[0]}
    call_count = sum(numbers[0] for found, numbers in rows.items() if found is not None)
    percentiles = await _percentiles_by(session, scope, key, call_count=call_count, with_total=with_total)
    return {
        found: FleetFigures(
            call_count=calls,
            error_count=errors,
            barge_in_count=barge_ins,
            failed_barge_in_count=failed_barge_ins,
            tool_count=tools,
            failed_tool_count=failed_tools,
            response_p50_ms=percentiles.get(found, (None, None))[0],
            response_p95_ms=percentiles.get(found, (None, None))[1],
        )
        for found, (calls, errors, barge_ins, failed_barge_ins, tools, failed_tools) in rows.items()
    }


async def _percentiles_by(
    session: AsyncSession, scope: FleetScope, key: ColumnElement[Any], *, call_count: int, with_total: bool
) -> dict[Any, tuple[float | None, float | None]]:
    answers = select(key.label("key"), CallFiguresRow.responses_ms).where(*_within(scope))
    if call_count > SAMPLED_CALLS:
        # The last byte of a UUIDv7 is random: the same calls are taken each time, and of every hour alike. Chosen from
        # the index, so that only theirs are read of the long rows.
        last_byte = func.get_byte(func.uuid_send(CallFiguresRow.call_id), 15)
        is_sampled = last_byte < math.ceil(BYTE * SAMPLED_CALLS / call_count)
        sampled = select(CallFiguresRow.call_id).where(*_within(scope), is_sampled).correlate(None)
        answers = select(key.label("key"), CallFiguresRow.responses_ms).where(CallFiguresRow.call_id.in_(sampled))
    keyed = answers.subquery()
    each = select(keyed.c.key, func.unnest(keyed.c.responses_ms).label("wait_ms")).subquery()
    shares = (func.percentile_cont(share).within_group(each.c.wait_ms) for share in (0.5, 0.95))
    grouping = _grouping(each.c.key, with_total=with_total)
    found = await session.execute(select(each.c.key, *shares).group_by(grouping))
    return {key_value: (p50_ms, p95_ms) for key_value, p50_ms, p95_ms in found}


def _grouping(key: ColumnElement[Any], *, with_total: bool) -> ColumnElement[Any]:
    return func.grouping_sets(tuple_(key), tuple_()) if with_total else key


def _within(scope: FleetScope) -> list[ColumnElement[bool]]:
    conditions = [
        CallFiguresRow.project_id == scope.project_id,
        CallFiguresRow.started_at >= scope.since,
        CallFiguresRow.started_at < scope.until,
    ]
    if scope.agent_id is not None:
        conditions.append(literal(scope.agent_id) == any_(CallFiguresRow.agent_ids))
    if scope.prompt_version_id is not None:
        conditions.append(literal(scope.prompt_version_id) == any_(CallFiguresRow.prompt_version_ids))
    return conditions
