"""The pages' reader over the services."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from callscope.core.analysis import Analysis
from callscope.core.clock import Clock
from callscope.core.recording import Peaks
from callscope.core.transcript import TranscriptOutline
from callscope.services import (
    analyses,
    calls,
    keys,
    live_dialogue,
    live_hearing,
    metric_catalogue,
    recordings,
    trace_drawing,
    transcripts,
)
from callscope.services.keys import Principal
from callscope.services.recordings import RecordingNotFound
from callscope.storage.engine import SessionFactory
from callscope.web.reader import (
    ENTRIES_PER_PART,
    EVIDENCE_LIMIT,
    TOOL_LIMIT,
    TURN_TOLERANCE_MS,
    CallRecord,
    TimedCall,
    TranscriptPart,
    axis_length_ms,
    part_limits_ms,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceReader:
    """Reads through the services. Whatever is not visible to the project raises NotFound.

    `sign_recording` makes the address, relative to this server, under which a recording of that id can be played.
    """

    transactions: SessionFactory
    reads: SessionFactory
    sign_recording: Callable[[UUID], str]
    clock: Clock

    async def authenticate(self, plain_key: str) -> Principal:
        """Return who bears the key. Raises Unauthenticated."""
        async with self.transactions.begin() as session:
            return await keys.authenticate(session, plain_key, now=self.clock.now())

    async def principal(self, key_id: UUID) -> Principal:
        """Return who signed in with that key. Raises Unauthenticated once it is revoked or expired."""
        async with self.reads() as session:
            return await keys.principal_of(session, key_id, now=self.clock.now())

    async def read_call(self, project_id: UUID, call_id: UUID) -> CallRecord:
        """Return what the page of a call opens with. Raises CallNotFound."""
        first_part, outline = await self._read_part(project_id, call_id, 0)
        async with self.reads() as session:
            states = await analyses.latest_of_calls(session, project_id, [call_id])
            values = await analyses.read_values_of_calls(session, project_id, [call_id], evidence_limit=EVIDENCE_LIMIT)
            call = await calls.get_call(session, project_id, call_id)
            return CallRecord(
                call=call,
                analysis=states.get(call_id),
                values=values.get(call_id, ()),
                recording=await analyses.read_measured_recording(session, project_id, call_id),
                has_audio=bool(await recordings.to_play(session, [call_id])),
                has_conversation=await analyses.has_conversation(session, project_id, call_id),
                transcript=outline,
                first_part=first_part,
                tools=await calls.list_tool_invocations(session, project_id, call_id, limit=TOOL_LIMIT),
                tool_count=await calls.count_tool_invocations(session, project_id, call_id),
                has_traces=await trace_drawing.has_traces(session, project_id, call_id),
                heard=await live_hearing.read(session, call_id),
                traced=await live_dialogue.read(session, call),
                own_metrics=await metric_catalogue.own_metrics_among(
                    session, project_id, {value.slug for value in values.get(call_id, ())}
                ),
            )

    async def read_transcript_part(self, project_id: UUID, call_id: UUID, index: int) -> TranscriptPart:
        """Return one part of the transcript, an empty one beyond the last. Raises CallNotFound."""
        part, _ = await self._read_part(project_id, call_id, index)
        return part

    async def _read_part(
        self, project_id: UUID, call_id: UUID, index: int
    ) -> tuple[TranscriptPart, TranscriptOutline | None]:
        async with self.reads() as session:
            outline = await transcripts.read_outline(session, project_id, call_id, entries_per_part=ENTRIES_PER_PART)
            if outline is None or not 0 <= index < len(outline.part_starts_ms):
                return TranscriptPart(entries=(), tools=(), responses=()), outline
            since_ms, until_ms = part_limits_ms(outline, index)
            part = TranscriptPart(
                entries=await transcripts.read_entries(
                    session, project_id, call_id, first=index * ENTRIES_PER_PART, count=ENTRIES_PER_PART
                ),
                tools=await calls.list_tool_invocations(
                    session, project_id, call_id, since_ms=since_ms, until_ms=until_ms
                ),
                responses=await analyses.read_values_between(
                    session,
                    project_id,
                    call_id,
                    slug="response_time",
                    since_ms=since_ms - TURN_TOLERANCE_MS,
                    until_ms=until_ms + TURN_TOLERANCE_MS,
                ),
                marks=await transcripts.read_marks(session, project_id, call_id),
            )
            return part, outline

    async def read_timed_call(self, project_id: UUID, call_id: UUID) -> TimedCall:
        """Return what stands on the call's time axis. Raises CallNotFound."""
        async with self.reads() as session:
            call = await calls.get_call(session, project_id, call_id)
            recording = await analyses.read_measured_recording(session, project_id, call_id)
            conversation = await analyses.read_conversation(session, project_id, call_id)
            used = await calls.list_tool_invocations(session, project_id, call_id)
            # A measured recording says itself where the axis ends.
            outline = None
            if recording is None:
                outline = await transcripts.read_outline(
                    session, project_id, call_id, entries_per_part=ENTRIES_PER_PART
                )
        length_ms = axis_length_ms(call, recording=recording, conversation=conversation, tools=used, outline=outline)
        return TimedCall(length_ms=length_ms, recording=recording, conversation=conversation, tools=used)

    async def read_analysis(self, project_id: UUID, call_id: UUID) -> Analysis | None:
        """Return where the call's newest analysis stands. Raises CallNotFound."""
        async with self.reads() as session:
            await calls.require_call(session, project_id, call_id)
            return (await analyses.latest_of_calls(session, project_id, [call_id])).get(call_id)

    async def read_peaks(self, project_id: UUID, call_id: UUID) -> Peaks | None:
        """Return the waveform, None before the recording was measured. Raises CallNotFound."""
        async with self.reads() as session:
            await calls.require_call(session, project_id, call_id)
            return await analyses.read_peaks(session, project_id, call_id)

    async def recording_address(self, project_id: UUID, call_id: UUID) -> str:
        """Return a short-lived address of the recording. Raises CallNotFound, RecordingNotFound."""
        async with self.reads() as session:
            await calls.require_call(session, project_id, call_id)
            recording_id = (await recordings.to_play(session, [call_id])).get(call_id)
        if recording_id is None:
            raise RecordingNotFound("The recording of this call is not here.")
        return self.sign_recording(recording_id)
