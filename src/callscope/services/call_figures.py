"""The figures of a call, made anew whenever something they rest on changed; lists sorted by them."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.analysis import Analysis, AnalysisStatus
from callscope.core.call import Call, Role, ToolInvocation
from callscope.core.call_figures import FAILED_ENDS, CallFigures, Worst, draw_strip
from callscope.core.call_query import CallQuery
from callscope.core.conversation import Conversation
from callscope.core.page import Page
from callscope.metrics.invocations import failure_of
from callscope.metrics.statistics import percentile
from callscope.storage import analyses, call_figures, calls, measurements, recording_analyses, tools, worst_calls

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

QUALITY_METRIC = "speech_quality_overall"
"""Of the parties the one that is harder to listen to counts."""


async def refresh(session: "AsyncSession", project_id: UUID, call_id: UUID) -> None:
    """Write the call's figures as they are now; a call that is gone has none."""
    call = await calls.get(session, project_id, call_id)
    if call is None:
        return
    conversation = await measurements.read_conversation(session, project_id=project_id, call_id=call_id)
    recording_ms = await recording_analyses.read_duration_ms(session, project_id=project_id, call_id=call_id)
    figures = figures_of(
        call,
        conversation=conversation,
        length_ms=recording_ms or call.duration_ms,
        used=await tools.of_call(session, call_id),
        analysis=await analyses.latest(session, project_id=project_id, call_id=call_id),
        quality_score=await measurements.read_lowest(
            session, project_id=project_id, call_id=call_id, slug=QUALITY_METRIC
        ),
    )
    await call_figures.save(session, figures)


def figures_of(
    call: Call,
    *,
    conversation: Conversation | None,
    length_ms: int | None,
    used: Sequence[ToolInvocation],
    analysis: Analysis | None,
    quality_score: float | None,
) -> CallFigures:
    """Return the figures of a call. Barge-ins are unknown where both parties cannot be heard at once."""
    responses_ms = _agent_responses_ms(conversation) if conversation else ()
    is_overlap_known = conversation is not None and conversation.basis.has_overlap
    barge_ins = [one for one in conversation.interruptions if one.by is Role.CUSTOMER] if conversation else []
    return CallFigures(
        call_id=call.id,
        project_id=call.project_id,
        started_at=call.started_at,
        agent_ids=tuple(agent.id for agent in call.agents),
        prompt_version_ids=tuple(agent.prompt_id for agent in call.agents if agent.prompt_id),
        ended_status=call.ended_status,
        is_error=call.ended_status in FAILED_ENDS
        or (analysis is not None and analysis.status is AnalysisStatus.FAILED),
        responses_ms=responses_ms,
        response_p95_ms=round(percentile(responses_ms, 0.95)) if responses_ms else None,
        barge_in_count=len(barge_ins) if is_overlap_known else None,
        failed_barge_in_count=sum(not one.yielded for one in barge_ins) if is_overlap_known else None,
        tool_count=len(used),
        failed_tool_count=sum(failure_of(tool) is not None for tool in used),
        quality_score=quality_score,
        strip=draw_strip(conversation, length_ms=_axis_ms(conversation, length_ms)) if conversation else None,
    )


async def of_calls(session: "AsyncSession", project_id: UUID, call_ids: Collection[UUID]) -> Mapping[UUID, CallFigures]:
    """Return the figures of those of the calls that have any."""
    return await call_figures.of_calls(session, project_id, call_ids)


async def list_worst(session: "AsyncSession", project_id: UUID, query: CallQuery, worst: Worst) -> Page[Call]:
    """Return one page of the calls a query asks for that have the fault, worst first. Raises InvalidInput."""
    return await worst_calls.list_page(session, project_id, query, worst)


async def count_worst(session: "AsyncSession", project_id: UUID, query: CallQuery, worst: Worst, *, limit: int) -> int:
    """Return how many of the calls a query asks for have the fault, `limit` for that many or more."""
    return await worst_calls.count(session, project_id, query, worst, limit=limit)


async def worst_calls_of(session: "AsyncSession", project_id: UUID, query: CallQuery, worst: Worst) -> tuple[Call, ...]:
    """Return the worst of the calls a query asks for, as many as its limit. Raises InvalidInput."""
    return await worst_calls.first(session, project_id, query, worst)


async def neighbours_in(
    session: "AsyncSession", project_id: UUID, query: CallQuery, worst: Worst, call: Call
) -> tuple[UUID | None, UUID | None]:
    """Return the ids of the calls before and after one in a list with the worst first, None beyond its ends."""
    return await worst_calls.neighbours(session, project_id, query, worst, call)


def _agent_responses_ms(conversation: Conversation) -> tuple[int, ...]:
    return tuple(
        turn.response_time_ms
        for turn in conversation.turns
        if turn.role is Role.AGENT and turn.response_time_ms is not None
    )


def _axis_ms(conversation: Conversation, length_ms: int | None) -> int:
    return max([1, length_ms or 0, *(segment.end_offset_ms for segment in conversation.segments)])
