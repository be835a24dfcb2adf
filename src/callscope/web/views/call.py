"""The call page: one dataclass with everything the template shows."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from callscope.core.call import Call, CallStatus, PropertyValue, Role
from callscope.core.recording import ChannelReport, Finding, MeasuredRecording
from callscope.web.formatting import constant_words, duration, span
from callscope.web.reader import CallRecord
from callscope.web.views.analysis import AnalysisView, view_analysis
from callscope.web.views.live import LiveCallView, view_live_call
from callscope.web.views.metrics import Figure, MetricGroup, figures, view_metrics
from callscope.web.views.timeline import DEFAULT_SLOW_MS, SLOW_CHOICES_MS, lanes
from callscope.web.views.transcript import ToolView, TranscriptView, view_tool, view_transcript

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InputView:
    """What the recording is and what is odd about it."""

    facts: Pairs
    findings: tuple[Finding, ...]
    channel_headings: tuple[str, ...]
    channel_rows: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """One party, with its names and numbers."""

    role: Role
    name: str
    facts: Pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPage:
    """Everything on the call page."""

    id: str
    title: str
    has_own_title: bool
    summary: str | None
    direction: str
    interface: str
    started_at: datetime
    length: str
    ended: str | None
    who: str
    analysis: AnalysisView
    figures: tuple[Figure, ...]
    has_drawing: bool
    has_audio: bool
    has_peaks: bool
    recording_ms: int
    no_audio_reason: str | None
    lane_labels: tuple[tuple[str, str], ...]
    channel_labels: tuple[tuple[int, str], ...]
    slow_choices: tuple[tuple[int, str, bool], ...]
    transcript: TranscriptView | None
    metrics: tuple[MetricGroup, ...]
    has_events: bool
    timing_note: str | None
    tools: tuple[ToolView, ...]
    tool_count: int
    has_traces: bool
    live: LiveCallView | None
    input: InputView | None
    properties: Pairs
    participants: tuple[Participant, ...]
    identifiers: Pairs


def view_call(record: CallRecord) -> CallPage:
    """Return the page of a call."""
    call, recording = record.call, record.recording
    drawn = lanes(recording, has_conversation=record.has_conversation)
    return CallPage(
        id=str(call.id),
        title=call.title or who(call),
        has_own_title=bool(call.title),
        summary=call.summary,
        direction=constant_words(call.direction),
        interface=constant_words(call.interface_type),
        started_at=call.started_at,
        length=_length(record),
        ended=constant_words(call.ended_status) if call.ended_status else None,
        who=who(call),
        analysis=view_analysis(record.analysis),
        figures=figures(record.values, slow_ms=DEFAULT_SLOW_MS) if record.values else (),
        has_drawing=bool(drawn) or bool(record.tool_count),
        has_audio=record.has_audio,
        has_peaks=recording is not None,
        recording_ms=recording.duration_ms if recording else 0,
        no_audio_reason=None if record.has_audio else _no_audio_reason(record),
        lane_labels=tuple((lane["label"], lane["role"] or "") for lane in drawn),
        channel_labels=_channel_labels(recording),
        slow_choices=tuple((ms, span(ms), ms == DEFAULT_SLOW_MS) for ms in SLOW_CHOICES_MS),
        transcript=view_transcript(record),
        metrics=view_metrics(record.values, record.own_metrics),
        has_events=record.has_conversation,
        timing_note=_timing_note(record),
        tools=tuple(view_tool(tool) for tool in record.tools),
        tool_count=record.tool_count,
        has_traces=record.has_traces,
        live=None if (live := view_live_call(record, record.first_part)).is_over else live,
        input=_view_input(recording) if recording else None,
        properties=tuple((name, plain_property(value)) for name, value in sorted(call.properties.items())),
        participants=_participants(call),
        identifiers=_identifiers(call),
    )


def who(call: Call) -> str:
    """Return both sides of a call on one line, the side that dialled first."""
    agents = ", ".join(agent.name for agent in call.agents) or "no agent"
    customers = ", ".join(one.phone_number_e164 or one.label or "web visitor" for one in call.customers)
    sides = [customers or "unknown customer", agents]
    return " → ".join(sides if call.direction == "INBOUND" else reversed(sides))


def plain_property(value: PropertyValue) -> str:
    """Return a property's value as text."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _length(record: CallRecord) -> str:
    length_ms = record.recording.duration_ms if record.recording else record.call.duration_ms
    return "length unknown" if length_ms is None else duration(length_ms)


def _no_audio_reason(record: CallRecord) -> str:
    analysis = record.analysis
    if record.call.status is not CallStatus.ENDED:
        return "The recording can be played when the call has ended."
    if analysis is None or analysis.status.is_final:
        return "There is no recording to play; the analysis above says why."
    return "The recording is not here yet. What is known of the call can be read already."


def _timing_note(record: CallRecord) -> str | None:
    reason = record.recording.reason if record.recording else None
    if not record.has_conversation:
        return reason
    is_by_transcript = record.recording is None or reason is not None
    by_transcript = "The transcript's times were used: all that follows is only as true as they are."
    return f"{reason or ''} {by_transcript}".strip() if is_by_transcript else None


def _channel_labels(recording: MeasuredRecording | None) -> tuple[tuple[int, str], ...]:
    channels = recording.channels if recording else ()
    if len(channels) < 2:  # noqa: PLR2004 - with one channel there is nothing to choose
        return ()
    return tuple(
        (one.index, one.role.value.capitalize() if one.role else f"Channel {one.index + 1}") for one in channels
    )


def _view_input(recording: MeasuredRecording) -> InputView:
    probe, report = recording.probe, recording.report
    facts = (
        ("Format", f"{probe.codec} in {probe.container}"),
        ("Sample rate", f"{probe.sample_rate_hz / 1000:g} kHz"),
        ("Channels", str(probe.channel_count)),
        ("Length", duration(recording.duration_ms)),
        ("Silence at the start", span(report.leading_silence_ms)),
        ("Silence at the end", span(report.trailing_silence_ms)),
    )
    return InputView(
        facts=facts,
        findings=report.findings,
        channel_headings=tuple(
            one.role.value.capitalize() if one.role else f"Channel {one.index + 1}" for one in report.channels
        ),
        channel_rows=tuple((label, tuple(show(one) for one in report.channels)) for label, show in CHANNEL_ROWS),
    )


def _level(level_db: float | None, *, unit: str = "dB") -> str:
    return "none measured" if level_db is None else f"{level_db:.0f} {unit}"


CHANNEL_ROWS: tuple[tuple[str, Callable[[ChannelReport], str]], ...] = (
    ("Speech", lambda one: span(one.speech_ms)),
    ("Speech level", lambda one: _level(one.speech_level_db, unit="dBFS")),
    ("Noise floor", lambda one: _level(one.noise_floor_db, unit="dBFS")),
    ("Signal to noise", lambda one: _level(one.snr_db)),
    ("Peak", lambda one: _level(one.peak_db, unit="dBFS")),
    ("Clipped", lambda one: f"{one.clipped_ratio * 100:.2g} %"),
    ("Dropouts", lambda one: str(one.dropout_count)),
    ("Bandwidth", lambda one: "unknown" if one.bandwidth_hz is None else f"{one.bandwidth_hz / 1000:.1f} kHz"),
    ("Other party audible", lambda one: "no" if one.bleed_db is None else f"yes, {one.bleed_db:.0f} dB"),
)


def _participants(call: Call) -> tuple[Participant, ...]:
    agents = [
        Participant(
            role=Role.AGENT,
            name=agent.name,
            facts=_known(
                ("Your id", agent.custom_id),
                ("Id", str(agent.id)),
                ("Endpoint", f"{agent.endpoint.type} {agent.endpoint.value}" if agent.endpoint else None),
                ("Environment", agent.endpoint.environment if agent.endpoint else None),
                ("Prompt", str(agent.prompt_id) if agent.prompt_id else None),
            ),
        )
        for agent in call.agents
    ]
    customers = [
        Participant(
            role=Role.CUSTOMER,
            name=one.phone_number_e164 or one.label or "Web visitor",
            facts=_known(("Phone", one.phone_number_e164), ("Label", one.label)),
        )
        for one in call.customers
    ]
    return (*agents, *customers)


def _identifiers(call: Call) -> Pairs:
    return _known(
        ("Call", str(call.id)),
        ("External id", call.external_id),
        ("Vapi call", call.vapi_call_id),
        ("LiveKit room", call.livekit_room_id),
        ("Sent by", call.source),
    )


def _known(*pairs: tuple[str, str | None]) -> Pairs:
    return tuple((label, value) for label, value in pairs if value)
