"""Title and summary of a call by its judge, in the place of those that were picked from its words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.analysis import Analysis
from callscope.core.call import Call
from callscope.core.errors import NotFound
from callscope.core.jobs import JobName
from callscope.core.judge import JudgeEndpoint, JudgeRules, TokenUsage
from callscope.metrics.judging.description import Description
from callscope.metrics.judging.material import Line, lines_of
from callscope.services import summaries
from callscope.services.calls import get_call
from callscope.services.judging import Judge, endpoint_for
from callscope.services.transcripts import read_transcript
from callscope.storage import call_words, calls, jobs
from callscope.storage import judge as stored_judges

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Undescribed:
    """A call whose title and summary are ours to write, with what was said in it."""

    call: Call
    lines: tuple[Line, ...]
    endpoint: JudgeEndpoint


async def queue(
    session: "AsyncSession",
    project_id: UUID,
    call_id: UUID,
    *,
    attempt_count: int = 0,
    schedule_at: datetime | None = None,
) -> None:
    """Have a call described."""
    args: Mapping[str, str | int] = {
        "project_id": str(project_id),
        "call_id": str(call_id),
        "attempt_count": attempt_count,
    }
    await jobs.defer(session, JobName.DESCRIBE_CALL, args=args, schedule_at=schedule_at)


async def queue_if_judged(session: "AsyncSession", analysis: Analysis, rules: JudgeRules) -> None:
    """Have a call described that was just analysed, where there is a judge."""
    if await endpoint_for(session, analysis.project_id, rules) is not None:
        await queue(session, analysis.project_id, analysis.call_id)


async def read_undescribed(
    session: "AsyncSession", project_id: UUID, call_id: UUID, judge_: Judge
) -> Undescribed | None:
    """Return what a judge needs to describe a call.

    None when there is no judge, no transcript, or a title or summary that somebody else wrote.
    """
    endpoint = await judge_.endpoint_for(session, project_id)
    try:
        call = await get_call(session, project_id, call_id)
        transcript = await read_transcript(session, project_id, call_id)
    except NotFound:
        return None
    if endpoint is None or transcript is None or not transcript.entries:
        return None
    picked = summaries.summarize(transcript.entries)
    ours = (None, None) if picked is None else (picked.title, picked.text)
    if call.title not in (None, ours[0]) or call.summary not in (None, ours[1]):
        return None
    return Undescribed(call=call, lines=lines_of(transcript.entries), endpoint=endpoint)


async def record(
    session: "AsyncSession",
    undescribed: Undescribed,
    description: Description,
    usage: TokenUsage,
    judge_: Judge,
    *,
    now: datetime,
) -> None:
    """Give the call what the judge wrote, have its search find it, and note what it cost."""
    call, endpoint = undescribed.call, undescribed.endpoint
    await calls.replace_headline(session, call.id, title=description.title, summary=description.summary, at=now)
    await call_words.refresh(session, call.id)
    await stored_judges.add_uses(session, call.project_id, [judge_.use(endpoint, usage, call.id, at=now)])
