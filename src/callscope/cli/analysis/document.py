"""From a measurement to the JSON document of `callscope analyze --json`."""

from collections.abc import Sequence

from callscope.cli.analysis.schema import (
    AnalysisDocument,
    ChannelPart,
    EntryPart,
    EventPart,
    EvidencePart,
    FindingPart,
    InputChannelPart,
    InputPart,
    InterruptionPart,
    MetricPart,
    PerceivedPart,
    ProsodyPart,
    SegmentPart,
    SoundPart,
    TurnPart,
    WordPart,
)
from callscope.core.conversation import Conversation
from callscope.core.metric import MetricContext, MetricValue
from callscope.core.recording import ChannelReport, Finding, PerceivedQuality, RecordingAnalysis, SegmentProsody
from callscope.core.transcript import TranscriptEntry
from callscope.metrics import registry
from callscope.metrics.definition import Scalar
from callscope.services.measuring import Measurement
from callscope.speech.stt.transcription import words_of


def analysis_document(measurement: Measurement) -> AnalysisDocument:
    """Return the document of a measured recording."""
    analysis, conversation = measurement.analysis, measurement.conversation
    return AnalysisDocument(
        duration_ms=analysis.duration_ms,
        basis=conversation.basis if conversation else None,
        basis_reason=measurement.conversation_reason,
        confidence=conversation.confidence if conversation else None,
        channels=tuple(ChannelPart(index=channel.index, role=channel.role) for channel in analysis.channels),
        segments=_segments(conversation) if conversation else (),
        turns=_turns(conversation) if conversation else (),
        interruptions=_interruptions(conversation) if conversation else (),
        metrics=_metrics(measurement.values),
        prosody=tuple(_prosody(one) for one in analysis.prosody),
        recognized=tuple(_entry(entry) for entry in measurement.recognized),
        input=_input(analysis),
    )


def _entry(entry: TranscriptEntry) -> EntryPart:
    return EntryPart(
        role=entry.role,
        start_ms=entry.start_offset_ms,
        end_ms=entry.end_offset_ms,
        text=entry.text,
        language=entry.language_code,
        words=tuple(
            WordPart(text=word.text, start_ms=word.start_ms, end_ms=word.end_ms, confidence=word.confidence)
            for word in words_of(entry)
        ),
    )


def _segments(conversation: Conversation) -> tuple[SegmentPart, ...]:
    return tuple(
        SegmentPart(role=segment.role, start_ms=segment.start_offset_ms, end_ms=segment.end_offset_ms)
        for segment in conversation.segments
    )


def _turns(conversation: Conversation) -> tuple[TurnPart, ...]:
    return tuple(
        TurnPart(
            role=turn.role,
            kind=turn.kind,
            start_ms=turn.start_offset_ms,
            end_ms=turn.end_offset_ms,
            response_time_ms=turn.response_time_ms,
        )
        for turn in conversation.turns
    )


def _interruptions(conversation: Conversation) -> tuple[InterruptionPart, ...]:
    return tuple(
        InterruptionPart(
            by=interruption.by,
            at_ms=interruption.at_offset_ms,
            yielded=interruption.yielded,
            stop_latency_ms=interruption.stop_latency_ms,
        )
        for interruption in conversation.interruptions
    )


def _metrics(values: Sequence[MetricValue]) -> tuple[MetricPart, ...]:
    subjects = dict.fromkeys((value.slug, value.role) for value in values)
    return tuple(_metric([value for value in values if (value.slug, value.role) == subject]) for subject in subjects)


def _metric(values: Sequence[MetricValue]) -> MetricPart:
    """Fold one metric's values of one party: the call's own value with its events, if it has any."""
    events = [value for value in values if value.context is not MetricContext.CALL]
    of_call = next((value for value in values if value.context is MetricContext.CALL), None)
    told = of_call or events[0]
    return MetricPart(
        slug=told.slug,
        role=told.role,
        value=of_call.value if of_call else None,
        unit=registry.get(told.slug).unit_symbol,
        state=told.state,
        reason=told.reason,
        confidence=told.confidence,
        version=told.version,
        method=told.method,
        parameters=dict(told.parameters),
        statistics=dict(told.statistics),
        evidence=_evidence(told),
        events=tuple(_event(event, event.value) for event in events if event.value is not None),
    )


def _evidence(value: MetricValue) -> tuple[EvidencePart, ...]:
    return tuple(
        EvidencePart(start_ms=span.start_offset_ms, end_ms=span.end_offset_ms, role=span.role, reason=span.reason)
        for span in value.evidence
    )


def _event(event: MetricValue, value: Scalar) -> EventPart:
    """Place an event: a segment is its own stretch, a range runs between its two segments."""
    if event.context is MetricContext.SEGMENT:
        (segment,) = event.segments
        return EventPart(value=value, start_ms=segment.start_offset_ms, end_ms=segment.end_offset_ms)
    before, after = event.segments
    return EventPart(value=value, start_ms=before.end_offset_ms, end_ms=after.start_offset_ms)


def _input(analysis: RecordingAnalysis) -> InputPart:
    probe, report = analysis.probe, analysis.report
    return InputPart(
        container=probe.container,
        codec=probe.codec,
        sample_rate_hz=probe.sample_rate_hz,
        channel_count=probe.channel_count,
        is_duplicated_mono=report.is_duplicated_mono,
        is_channel_order_swapped=report.is_channel_order_swapped,
        leading_silence_ms=report.leading_silence_ms,
        trailing_silence_ms=report.trailing_silence_ms,
        channels=tuple(_input_channel(channel) for channel in report.channels),
        findings=tuple(_finding(finding) for finding in report.findings),
    )


def _input_channel(channel: ChannelReport) -> InputChannelPart:
    return InputChannelPart(
        index=channel.index,
        role=channel.role,
        speech_ms=channel.speech_ms,
        peak_db=channel.peak_db,
        noise_floor_db=channel.noise_floor_db,
        speech_level_db=channel.speech_level_db,
        snr_db=channel.snr_db,
        clipped_ratio=channel.clipped_ratio,
        dropout_count=channel.dropout_count,
        dc_offset=channel.dc_offset,
        bandwidth_hz=channel.bandwidth_hz,
        bleed_db=channel.bleed_db,
        bleed_delay_ms=channel.bleed_delay_ms,
        active_level_db=channel.active_level_db,
        activity_ratio=channel.activity_ratio,
        loudness_lufs=channel.loudness_lufs,
        sounds=tuple(
            SoundPart(kind=sound.kind, start_ms=sound.start_offset_ms, end_ms=sound.end_offset_ms)
            for sound in channel.sounds
        ),
        perceived=None if channel.perceived is None else _perceived(channel.perceived),
    )


def _perceived(quality: PerceivedQuality) -> PerceivedPart:
    return PerceivedPart(
        signal=quality.signal,
        background=quality.background,
        overall=quality.overall,
        mean_opinion=quality.mean_opinion,
        window_count=quality.window_count,
        method=quality.method,
    )


def _prosody(prosody: SegmentProsody) -> ProsodyPart:
    return ProsodyPart(
        channel_index=prosody.channel_index,
        start_ms=prosody.start_offset_ms,
        end_ms=prosody.end_offset_ms,
        pitch_hz=prosody.pitch_hz,
        pitch_range_semitones=prosody.pitch_range_semitones,
        level_db=prosody.level_db,
        syllables_per_s=prosody.syllables_per_s,
    )


def _finding(finding: Finding) -> FindingPart:
    return FindingPart(
        code=finding.code,
        severity=finding.severity,
        channel_index=finding.channel_index,
        message=finding.message,
        remedy=finding.remedy,
    )
