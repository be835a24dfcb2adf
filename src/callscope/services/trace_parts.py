"""What a call's traces say of its responses, as metric values: computed anew whenever spans, links or turns change."""

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.metric import CallFacts, MetricInput
from callscope.metrics import registry, runner
from callscope.services import analyses, calls, traces, transcripts
from callscope.services.measuring import NO_RECORDING
from callscope.storage import attributions, measurements

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


async def measure(session: "AsyncSession", project_id: UUID, call_id: UUID, *, now: datetime) -> None:
    """Lay the call's traces on its recording, and write every metric that reads spans anew. Raises CallNotFound."""
    facts = await read_facts(session, project_id, call_id)
    await attributions.save(session, project_id=project_id, call_id=call_id, attribution=facts.attribution, at=now)
    spanned = [definition for definition in registry.definitions() if MetricInput.SPANS in definition.inputs]
    values = await asyncio.to_thread(runner.compute, facts, spanned)
    await measurements.save_values(session, project_id=project_id, call_id=call_id, values=values, at=now)


async def read_facts(session: "AsyncSession", project_id: UUID, call_id: UUID) -> CallFacts:
    """Return all that metrics may look at of a stored call, its traces among it. Raises CallNotFound."""
    call = await calls.get_call(session, project_id, call_id)
    conversation = await analyses.read_conversation(session, project_id, call_id)
    recording = await analyses.read_recording_analysis(session, project_id, call_id)
    transcript = await transcripts.read_transcript(session, project_id, call_id)
    return CallFacts(
        duration_ms=call.duration_ms if recording is None else recording.duration_ms,
        conversation=conversation,
        conversation_reason=None if conversation else (recording.reason if recording else NO_RECORDING),
        transcript=() if transcript is None else transcript.entries,
        tools=await calls.list_tool_invocations(session, project_id, call_id),
        recording=recording,
        attribution=await traces.attribution_of(session, call, conversation),
    )
