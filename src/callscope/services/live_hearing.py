"""What is heard of a call while it runs, in the chunks of its recording that have come in.

A first look, for whoever watches: when the call has ended its whole recording is measured, and this is not used again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.conversation import Conversation, TimingBasis
from callscope.core.integration import HeardSoFar, LiveChunk
from callscope.core.jobs import JobName
from callscope.core.metric import CallFacts, MetricInput, MetricValue
from callscope.metrics import registry, runner
from callscope.services import calls
from callscope.speech.turns import build_conversation
from callscope.storage import jobs, live_calls, live_chunks, notifications
from callscope.storage.live_calls import LiveCall

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

HEARD_INPUTS = {MetricInput.TURNS, MetricInput.OVERLAP}
CONFIDENCE = 0.9
"""The samples' rate is told from how fast they come in, and edges from stretches of the recording."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningCall:
    """A call under way, its chunks in their order, and what was heard in them."""

    live: LiveCall
    chunks: Sequence[LiveChunk]
    heard: HeardSoFar | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardCall:
    """Who spoke up to `until_ms` of a call under way, and the values that rest on turns alone."""

    until_ms: int
    conversation: Conversation
    values: tuple[MetricValue, ...]


async def queue(session: "AsyncSession", project_id: UUID, call_id: UUID, *, at: datetime) -> None:
    """Queue a job that listens to what has come in of a running call."""
    args = {"project_id": str(project_id), "call_id": str(call_id)}
    await jobs.defer(session, JobName.HEAR_LIVE_CALL, args=args, schedule_at=at)


async def running(session: "AsyncSession", project_id: UUID, call_id: UUID) -> RunningCall | None:
    """Return a call under way, None once it is over. Raises CallNotFound."""
    await calls.require_call(session, project_id, call_id)
    live = await live_calls.of_call(session, call_id)
    if live is None or not live.is_running:
        return None
    chunks = await live_chunks.of_call(session, live.project_id, live.integration, live.call_ref)
    return RunningCall(live=live, chunks=chunks, heard=await live_calls.read_heard(session, call_id))


async def keep(session: "AsyncSession", project_id: UUID, call_id: UUID, heard: HeardSoFar) -> None:
    """Write what was heard of a call so far, and tell whoever watches it."""
    await live_calls.write_heard(session, call_id, heard)
    await notifications.tell(session, project_id, call_id)


async def read(session: "AsyncSession", call_id: UUID) -> HeardCall | None:
    """Return what was heard of a call under way, None when nothing was or it is over."""
    heard = await live_calls.read_heard(session, call_id)
    if heard is None:
        return None
    conversation = build_conversation(heard.segments, basis=TimingBasis.CHANNEL_AUDIO, confidence=CONFIDENCE)
    facts = CallFacts(duration_ms=None, conversation=conversation, conversation_reason=None, transcript=(), tools=())
    timed = [one for one in registry.computed() if one.inputs and set(one.inputs) <= HEARD_INPUTS]
    return HeardCall(until_ms=heard.until_ms, conversation=conversation, values=runner.compute(facts, timed))
