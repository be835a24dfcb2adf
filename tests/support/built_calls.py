"""Whole calls as pages read them, built from a script of who says what when."""

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt

from callscope.core.analysis import Analysis, AnalysisStatus, Stage
from callscope.core.call import (
    Call,
    CallAgent,
    CallCustomer,
    CallDirection,
    CallStatus,
    EndedStatus,
    InterfaceType,
    Role,
    ToolInvocation,
)
from callscope.core.conversation import Conversation, Interruption, Segment, TimingBasis, Turn, TurnKind
from callscope.core.ids import new_id
from callscope.core.metric import CallFacts, MetricContext, MetricValue
from callscope.core.recording import (
    Channel,
    ChannelReport,
    Finding,
    FindingSeverity,
    InputReport,
    MeasuredRecording,
    Peaks,
    Probe,
)
from callscope.core.transcript import Transcript, TranscriptEntry, TranscriptOutline, TranscriptSource
from callscope.metrics import registry, runner
from callscope.web.reader import (
    ENTRIES_PER_PART,
    EVIDENCE_LIMIT,
    TOOL_LIMIT,
    CallRecord,
    TimedCall,
    TranscriptPart,
    axis_length_ms,
    part_limits_ms,
)

AGENT, CUSTOMER = Role.AGENT, Role.CUSTOMER
STARTED_AT = datetime(2026, 11, 21, 14, 3, 5, tzinfo=UTC)
SAMPLE_RATE_HZ = 8000
PEAK_BUCKET_MS = 10


@dataclass(frozen=True, slots=True)
class Line:
    """One stretch of speech of the script."""

    role: Role
    start_ms: int
    end_ms: int
    text: str = "…"
    kind: TurnKind = TurnKind.TURN


SCRIPT = (
    Line(AGENT, 900, 4200, "Thank you for calling Green Valley, how can I help?"),
    Line(CUSTOMER, 4650, 9400, "My bill is much higher than last month."),
    Line(AGENT, 10_100, 15_000, "I am sorry to hear that. Let me look at your account."),
    Line(CUSTOMER, 12_000, 12_400, "okay", TurnKind.BACKCHANNEL),
    Line(CUSTOMER, 15_500, 18_000, "It is four four one two."),
    Line(AGENT, 21_400, 26_000, "You were charged twice on the third of the month and I am going to"),
    Line(CUSTOMER, 24_000, 25_200, "Wait, twice?"),
    Line(AGENT, 26_900, 33_000, "Yes. I have started the refund, which takes about five working days to"),
    Line(CUSTOMER, 29_000, 34_500, "No, no, I need it today, please listen."),
    Line(AGENT, 35_300, 39_000, "I understand. I have marked it as urgent."),
    Line(CUSTOMER, 39_400, 41_000, "Thank you."),
    Line(AGENT, 43_100, 46_000, "You are welcome. Goodbye."),
)


def build_conversation(
    script: tuple[Line, ...] = SCRIPT, *, basis: TimingBasis = TimingBasis.CHANNEL_AUDIO
) -> Conversation:
    """Time a script as the definitions say, for scripts without pauses inside a turn."""
    turns = tuple(_turn(line, script) for line in script)
    segments = tuple(segment for turn in turns for segment in turn.segments)
    return Conversation(
        basis=basis,
        segments=segments,
        turns=turns,
        interruptions=tuple(_interruptions(script)),
        confidence=1.0 if basis is TimingBasis.CHANNEL_AUDIO else 0.6,
        parameters={"merge_gap_ms": 200},
        version="test",
    )


def _turn(line: Line, script: tuple[Line, ...]) -> Turn:
    before = [one.end_ms for one in script if one.role is not line.role and one.start_ms < line.start_ms]
    is_turn = line.kind is TurnKind.TURN
    gap_ms = line.start_ms - max(before) if before and is_turn else None
    return Turn(
        role=line.role,
        kind=line.kind,
        start_offset_ms=line.start_ms,
        end_offset_ms=line.end_ms,
        segments=(Segment(role=line.role, start_offset_ms=line.start_ms, end_offset_ms=line.end_ms),),
        response_time_ms=gap_ms if gap_ms is not None and gap_ms >= 0 else None,
        overlap_at_onset_ms=-gap_ms if gap_ms is not None and gap_ms < 0 else 0,
    )


def _interruptions(script: tuple[Line, ...]) -> list[Interruption]:
    found = []
    for line in script:
        for other in script:
            is_inside = other.start_ms < line.start_ms < other.end_ms - 200
            if line.kind is TurnKind.TURN and other.role is not line.role and is_inside:
                left_ms = other.end_ms - line.start_ms
                found.append(
                    Interruption(
                        by=line.role,
                        at_offset_ms=line.start_ms,
                        overlap_ms=min(other.end_ms, line.end_ms) - line.start_ms,
                        yielded=left_ms <= 2000,
                        stop_latency_ms=left_ms if left_ms <= 2000 else None,
                    )
                )
    return found


def build_transcript(script: tuple[Line, ...] = SCRIPT) -> Transcript:
    entries = tuple(
        TranscriptEntry(
            id=new_id(),
            role=line.role,
            participant_id=None,
            text=line.text,
            start_offset_ms=line.start_ms,
            end_offset_ms=line.end_ms,
            language_code=None,
            payload=None,
        )
        for line in script
    )
    return Transcript(source=TranscriptSource.CUSTOMER_AGENT_REALTIME, entries=entries)


def build_tool(name: str = "find_account", **changes: Any) -> ToolInvocation:
    fields: dict[str, Any] = {
        "id": new_id(),
        "name": name,
        "description": None,
        "parameters": {"account": "4412", "include_bills": True},
        "result": {"status": "open", "balance": 91.5},
        "start_offset_ms": 18_300,
        "end_offset_ms": 20_900,
        "agent_id": None,
    }
    return ToolInvocation(**(fields | changes))


def build_call(*, project_id: UUID, **changes: Any) -> Call:
    fields: dict[str, Any] = {
        "id": new_id(),
        "project_id": project_id,
        "status": CallStatus.ENDED,
        "direction": CallDirection.INBOUND,
        "interface_type": InterfaceType.PHONE,
        "started_at": STARTED_AT,
        "ended_at": STARTED_AT + timedelta(seconds=47),
        "duration_ms": 47_000,
        "ended_status": EndedStatus.CUSTOMER_ENDED_CALL,
        "title": None,
        "summary": None,
        "external_id": "order-4412",
        "vapi_call_id": None,
        "livekit_room_id": None,
        "source": "api",
        "agents": (
            CallAgent(
                id=new_id(),
                participant_id=new_id(),
                name="Front desk",
                custom_id="front-desk",
                endpoint=None,
                prompt_id=None,
            ),
        ),
        "customers": (CallCustomer(id=new_id(), phone_number_e164="+14155550123", label=None),),
        "properties": {"plan_tier": "gold", "is_returning": True, "attempt": 2},
        "created_at": STARTED_AT + timedelta(minutes=1),
        "updated_at": STARTED_AT + timedelta(minutes=1),
    }
    return Call(**(fields | changes))


def build_analysis(call: Call, status: AnalysisStatus = AnalysisStatus.COMPLETED, **changes: Any) -> Analysis:
    finished_at = call.created_at + timedelta(seconds=20) if status.is_final else None
    fields: dict[str, Any] = {
        "id": new_id(),
        "project_id": call.project_id,
        "call_id": call.id,
        "status": status,
        "stage": Stage.CONCLUDE if status is AnalysisStatus.COMPLETED else Stage.FETCH,
        "attempt_count": 0,
        "reason": None,
        "next_attempt_at": None,
        "created_at": call.created_at,
        "stage_entered_at": call.created_at,
        "finished_at": finished_at,
    }
    return Analysis(**(fields | changes))


def build_values(
    conversation: Conversation | None,
    transcript: Transcript | None,
    duration_ms: int,
    tools: tuple[ToolInvocation, ...] = (),
) -> tuple[MetricValue, ...]:
    """Compute the real metrics of what was built; those of the call as a whole."""
    facts = CallFacts(
        duration_ms=duration_ms,
        conversation=conversation,
        conversation_reason=None if conversation else "the recording was not measured yet",
        transcript=transcript.entries if transcript else (),
        tools=tools,
    )
    return tuple(value for value in runner.compute(facts) if value.context is MetricContext.CALL)


def build_recording(duration_ms: int = 47_000) -> MeasuredRecording:
    roles = (CUSTOMER, AGENT)
    finding = Finding(
        code="bleed",
        severity=FindingSeverity.WARNING,
        channel_index=0,
        message="The agent can be heard in the customer's channel, 24 dB below its own level.",
        remedy="Record each party before the mix, or ask the provider for separate tracks.",
    )
    report = InputReport(
        duration_ms=duration_ms,
        is_duplicated_mono=False,
        is_channel_order_swapped=False,
        leading_silence_ms=900,
        trailing_silence_ms=1000,
        channels=tuple(_channel_report(index, role) for index, role in enumerate(roles)),
        findings=(finding,),
    )
    return MeasuredRecording(
        probe=Probe(
            container="wav", codec="pcm_s16le", sample_rate_hz=SAMPLE_RATE_HZ, channel_count=2, duration_ms=duration_ms
        ),
        duration_ms=duration_ms,
        channels=tuple(Channel(index=index, role=role) for index, role in enumerate(roles)),
        report=report,
        reason=None,
    )


def _channel_report(index: int, role: Role) -> ChannelReport:
    return ChannelReport(
        index=index,
        role=role,
        speech_ms=20_000,
        peak_db=-3.0,
        noise_floor_db=-62.0,
        speech_level_db=-21.0,
        snr_db=41.0,
        clipped_ratio=0.0,
        dropout_count=0,
        dc_offset=0.0,
        bandwidth_hz=3400,
        bleed_db=-24.0 if role is CUSTOMER else None,
    )


@dataclass(frozen=True, kw_only=True)
class BuiltCall:
    """A whole call; pages get parts of it."""

    call: Call
    analysis: Analysis | None
    values: tuple[MetricValue, ...]
    recording: MeasuredRecording | None
    has_audio: bool
    transcript: Transcript | None
    conversation: Conversation | None
    tools: tuple[ToolInvocation, ...]

    def outline(self) -> TranscriptOutline | None:
        if self.transcript is None:
            return None
        entries = self.transcript.entries
        return TranscriptOutline(
            source=self.transcript.source,
            entry_count=len(entries),
            part_starts_ms=tuple(entry.start_offset_ms for entry in entries[::ENTRIES_PER_PART]),
            end_ms=max(entry.end_offset_ms for entry in entries),
        )

    def part(self, index: int) -> TranscriptPart:
        outline = self.outline()
        if self.transcript is None or outline is None or index >= len(outline.part_starts_ms):
            return TranscriptPart(entries=(), tools=(), responses=())
        since_ms, until_ms = part_limits_ms(outline, index)
        facts = CallFacts(
            duration_ms=None, conversation=self.conversation, conversation_reason="none", transcript=(), tools=()
        )
        answers = runner.compute(facts, [registry.get("response_time")])
        return TranscriptPart(
            entries=self.transcript.entries[index * ENTRIES_PER_PART : (index + 1) * ENTRIES_PER_PART],
            tools=tuple(tool for tool in self.tools if since_ms <= tool.start_offset_ms < until_ms),
            responses=tuple(
                value
                for value in answers
                if value.segments and since_ms <= value.segments[-1].start_offset_ms < until_ms
            ),
        )

    def record(self) -> CallRecord:
        return CallRecord(
            call=self.call,
            analysis=self.analysis,
            values=tuple(dataclasses.replace(value, evidence=value.evidence[:EVIDENCE_LIMIT]) for value in self.values),
            recording=self.recording,
            has_audio=self.has_audio,
            has_conversation=self.conversation is not None,
            transcript=self.outline(),
            first_part=self.part(0),
            tools=self.tools[:TOOL_LIMIT],
            tool_count=len(self.tools),
        )

    def timed(self) -> TimedCall:
        length_ms = axis_length_ms(
            self.call,
            recording=self.recording,
            conversation=self.conversation,
            tools=self.tools,
            outline=self.outline(),
        )
        return TimedCall(
            length_ms=length_ms, recording=self.recording, conversation=self.conversation, tools=self.tools
        )


def build_whole_call(*, project_id: UUID, script: tuple[Line, ...] = SCRIPT, **changes: Any) -> BuiltCall:
    """Build a finished, analysed two-channel call; `changes` replace parts of it."""
    duration_ms = max(line.end_ms for line in script) + 1000
    call = changes.get("call") or build_call(project_id=project_id, duration_ms=duration_ms)
    conversation = build_conversation(script)
    transcript = build_transcript(script)
    tools = changes.get("tools", (build_tool(),))
    record = BuiltCall(
        call=call,
        analysis=build_analysis(call),
        values=build_values(conversation, transcript, duration_ms, tools),
        recording=build_recording(duration_ms),
        has_audio=True,
        transcript=transcript,
        conversation=conversation,
        tools=tools,
    )
    return dataclasses.replace(record, **changes)


def build_samples(script: tuple[Line, ...], duration_ms: int) -> npt.NDArray[np.int16]:
    """Return [samples, 2] of noise that swells where a party speaks: customer left, agent right."""
    count = duration_ms * SAMPLE_RATE_HZ // 1000
    generator = np.random.default_rng(7)
    samples = generator.normal(0, 20, (count, 2))
    for line in script:
        first, last = (at * SAMPLE_RATE_HZ // 1000 for at in (line.start_ms, line.end_ms))
        time_s = np.arange(last - first) / SAMPLE_RATE_HZ
        loudness = 2500 * (0.55 + 0.45 * np.sin(2 * np.pi * 4 * time_s))
        samples[first:last, 1 if line.role is AGENT else 0] += generator.normal(0, 1, last - first) * loudness
    return np.clip(samples, -32_000, 32_000).astype(np.int16)


def build_peaks(samples: npt.NDArray[np.int16]) -> Peaks:
    frame = SAMPLE_RATE_HZ * PEAK_BUCKET_MS // 1000
    whole = samples[: len(samples) // frame * frame].reshape(-1, frame, 2)
    scaled = np.stack([whole.min(axis=1), whole.max(axis=1)], axis=2) // 256
    return Peaks(
        bucket_ms=PEAK_BUCKET_MS,
        channels=tuple(np.ascontiguousarray(scaled[:, channel]).astype(np.int8).tobytes() for channel in range(2)),
    )
