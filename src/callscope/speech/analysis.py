"""One streamed pass over a recording: who speaks when, what the input is like, and its waveform."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from callscope.audio.decode import MAX_DURATION_MS, SAMPLES_PER_MS, Irregularity, RecordingReader, Samples
from callscope.audio.levels import LevelMeter
from callscope.audio.loudness import LoudnessMeter
from callscope.audio.peaks import PeakCollector
from callscope.audio.spectrum import FRAME_MS, FrameAnalyzer
from callscope.core.call import Role
from callscope.core.conversation import Segment
from callscope.core.recording import Channel, Finding, InputReport, Peaks, Probe, RecordingAnalysis
from callscope.core.transcript import TranscriptEntry
from callscope.speech.bleed import echo_delay_ms, estimate_bleed
from callscope.speech.channel_roles import default_roles, is_swapped
from callscope.speech.edges import locate_speech
from callscope.speech.excerpts import ExcerptKeeper
from callscope.speech.findings import (
    HeardChannel,
    channel_findings,
    length_finding,
    mono_finding,
    recording_findings,
    report_channel,
    swapped_finding,
)
from callscope.speech.line_sounds import without_line_sounds
from callscope.speech.listening import ChannelListener, listen
from callscope.speech.noise import estimate_noise, quiet_frames
from callscope.speech.parameters import DEFAULT_SPEECH, SpeechParameters, as_record
from callscope.speech.perceived_quality import JudgeUnavailable, QualityJudge
from callscope.speech.prosody import measure_prosody
from callscope.speech.silero import SileroNetwork, network_version
from callscope.speech.tracks import ChannelTrack, delayed

ANALYSIS_VERSION = "speech-3"
BLOCK_SAMPLES = 320_000
"""20 seconds: long enough to learn noise from, a whole number of network windows and of frames."""

_CHANNEL_CONFIDENCE = 1.0
_SWAPPED_CONFIDENCE = 0.8
_DOUBTFUL_CONFIDENCE = 0.9
_DOUBTS = {"noise", "missing_sound", "corrupt", "dropouts"}
"""Findings under which an edge may be misplaced."""
_NO_SPANS = np.zeros((0, 2), dtype=np.int64)
_SPEAKING = 0.5
_SPEAKING_WINDOWS = 10
_MONO_REASON = (
    "The recording has one channel for both parties; who spoke when cannot be told from its channels. "
    "Send a stereo recording or a transcript with times."
)
_DUPLICATED_REASON = (
    "Both channels of the recording carry the same sound; who spoke when cannot be told from its channels. "
    "Record the parties on separate channels or send a transcript with times."
)
_UNMAPPED_REASON = (
    "The recording has {count} channels, {speaking} with speech; which are whose is not known. "
    "Name the roles of the channels."
)

NOT_ASKED = JudgeUnavailable("Voice quality was not judged, because that is switched off.")
NO_EXCERPT = "Voice quality was not judged, because no nine seconds of the recording hold enough of one party's speech."

OnProgress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listened:
    """What the streamed pass leaves behind."""

    probe: Probe
    irregularities: tuple[Irregularity, ...]
    duration_ms: int
    tracks: list[ChannelTrack]
    meter: LevelMeter
    loudness_lufs: tuple[float | None, ...]
    peaks: Peaks
    excerpts: tuple[tuple[Samples, ...], ...]


def analyze_recording(
    path: Path,
    *,
    roles: Sequence[Role | None] | None = None,
    transcript: Sequence[TranscriptEntry] = (),
    on_progress: OnProgress | None = None,
    parameters: SpeechParameters = DEFAULT_SPEECH,
    max_duration_ms: int = MAX_DURATION_MS,
    judge: QualityJudge | JudgeUnavailable = NOT_ASKED,
) -> RecordingAnalysis:
    """Return everything one pass over the recording at `path` finds, in memory that hardly grows with its length.

    `roles` names the party of each channel; by default two channels are customer and agent, one channel is neither.
    `on_progress` is told the decoded and the declared milliseconds. `judge` says how good the voices sound.

    Raises:
        NotAudio: the content is no audio.
        DecodeFailed: no sound decodes.
        RecordingTooLong: it passes `max_duration_ms`.
        ValueError: `roles` does not name every channel once, or a party twice.
    """
    keeps_excerpts = not isinstance(judge, JudgeUnavailable)
    listened = _listen_through(path, on_progress, parameters, max_duration_ms, keeps_excerpts=keeps_excerpts)
    heard = _measure_channels(listened, _assign_roles(listened.tracks, roles), parameters)
    swapped = _is_swapped(heard, transcript, listened.duration_ms) if roles is None else False
    heard = _with_roles_exchanged(heard) if swapped else heard
    heard = [_judged(channel, listened.excerpts, judge) for channel in heard]
    reason = _reason_without_parties(listened, heard)
    report = _report(listened, heard, transcript, is_swapped=swapped)
    return RecordingAnalysis(
        probe=listened.probe,
        duration_ms=listened.duration_ms,
        channels=tuple(Channel(index=channel.index, role=channel.role) for channel in heard),
        segments=_segments(heard) if reason is None else None,
        speech=tuple(tuple((start, end) for start, end in channel.spans.tolist()) for channel in heard),
        reason=reason,
        confidence=_confidence(report) if reason is None else 0.0,
        report=report,
        peaks=listened.peaks,
        parameters={**as_record(parameters), "network": network_version()},
        version=ANALYSIS_VERSION,
        prosody=tuple(one for channel in heard for one in measure_prosody(channel.index, channel.track, channel.spans)),
        perceived_reason=_reason_unjudged(heard, judge),
    )


def _with_roles_exchanged(heard: list[HeardChannel]) -> list[HeardChannel]:
    return [replace(channel, role=channel.role.other if channel.role else None) for channel in heard]


def _judged(
    channel: HeardChannel, excerpts: Sequence[Sequence[Samples]], judge: QualityJudge | JudgeUnavailable
) -> HeardChannel:
    if isinstance(judge, JudgeUnavailable) or not len(channel.spans):
        return channel
    return replace(channel, perceived=judge.judge(excerpts[channel.index]))


def _reason_unjudged(heard: Sequence[HeardChannel], judge: QualityJudge | JudgeUnavailable) -> str | None:
    if any(channel.perceived is not None for channel in heard):
        return None
    return judge.reason if isinstance(judge, JudgeUnavailable) else NO_EXCERPT


def _assign_roles(tracks: Sequence[ChannelTrack], roles: Sequence[Role | None] | None) -> tuple[Role | None, ...]:
    if roles is None:
        speaking = [
            index
            for index, track in enumerate(tracks)
            if np.count_nonzero(track.probabilities > _SPEAKING) >= _SPEAKING_WINDOWS
        ]
        return default_roles(len(tracks), speaking)
    if len(roles) != len(tracks):
        raise ValueError(f"{len(roles)} roles were named for {len(tracks)} channels")
    named = [role for role in roles if role is not None]
    if len(set(named)) != len(named):
        raise ValueError("a party was named for two channels")
    return tuple(roles)


def _listen_through(
    path: Path,
    on_progress: OnProgress | None,
    parameters: SpeechParameters,
    max_duration_ms: int,
    *,
    keeps_excerpts: bool,
) -> _Listened:
    with RecordingReader(path, max_duration_ms=max_duration_ms) as reader:
        count = reader.channel_count
        analyzer, meter, peaks = FrameAnalyzer(count), LevelMeter(count), PeakCollector(count)
        loudness, excerpts = LoudnessMeter(count), ExcerptKeeper(count)
        listeners = [ChannelListener(SileroNetwork, parameters) for _ in range(count)]
        decoded = 0
        for block in reader.blocks(BLOCK_SAMPLES):
            energies = analyzer.analyze(block)
            meter.add(block, energies)
            loudness.add(energies)
            peaks.add(block)
            listen(listeners, block, energies)
            if keeps_excerpts:
                excerpts.take(block, [listener.latest_speech() for listener in listeners])
            decoded += block.shape[1]
            if on_progress is not None:
                on_progress(decoded // SAMPLES_PER_MS, reader.probe.duration_ms)
        return _Listened(
            probe=reader.probe,
            irregularities=reader.irregularities,
            duration_ms=decoded // SAMPLES_PER_MS,
            tracks=[listener.finish() for listener in listeners],
            meter=meter,
            loudness_lufs=loudness.loudness_lufs(),
            peaks=peaks.finish(),
            excerpts=excerpts.excerpts(),
        )


def _measure_channels(
    listened: _Listened, roles: Sequence[Role | None], parameters: SpeechParameters
) -> list[HeardChannel]:
    """Return what each channel holds; the two parties' channels are held against each other for bleed."""
    tracks = listened.tracks
    quiet = quiet_frames(tracks)
    channel_of = {role: index for index, role in enumerate(roles) if role is not None}
    is_stereo = len(channel_of) == len(Role) and not listened.meter.is_one_signal_twice
    heard = []
    for index, (track, levels, role) in enumerate(zip(tracks, listened.meter.channels(), roles, strict=True)):
        noise = estimate_noise(track, quiet, parameters)
        other = tracks[channel_of[role.other]] if role is not None and is_stereo else None
        delay_ms = 0 if other is None else echo_delay_ms(other, track)
        other = other if other is None or delay_ms == 0 else delayed(other, delay_ms)
        bleed = None if other is None else estimate_bleed(other, track, noise, parameters)
        spans = np.minimum(
            locate_speech(track, noise, quiet, parameters, other=other, bleed=bleed), listened.duration_ms
        )
        heard.append(
            HeardChannel(
                index=index,
                role=role,
                levels=levels,
                track=track,
                noise=noise,
                bleed=bleed,
                bleed_delay_ms=delay_ms,
                spans=spans,
                loudness_lufs=listened.loudness_lufs[index],
            )
        )
    return [_without_line_sounds(channel, heard) for channel in heard]


def _without_line_sounds(channel: HeardChannel, heard: Sequence[HeardChannel]) -> HeardChannel:
    """Return the channel with what is speech and what is not told apart; its bleed is neither."""
    others = [other.spans + channel.bleed_delay_ms for other in heard if other is not channel and channel.bleed]
    spans, sounds = without_line_sounds(channel.spans, channel.track, np.concatenate([_NO_SPANS, *others]))
    length_ms = len(channel.track.power_db) * FRAME_MS
    cut = (replace(sound, end_offset_ms=min(sound.end_offset_ms, length_ms)) for sound in sounds)
    return replace(channel, spans=spans, sounds=tuple(cut))


def _is_swapped(heard: Sequence[HeardChannel], transcript: Sequence[TranscriptEntry], duration_ms: int) -> bool:
    spans_of = {channel.role: channel.spans for channel in heard if channel.role is not None}
    return len(spans_of) == len(Role) and is_swapped(spans_of, transcript, duration_ms)


def _reason_without_parties(listened: _Listened, heard: Sequence[HeardChannel]) -> str | None:
    """Return why no party can be told from the sound, None when both can."""
    if len(heard) == 1:
        return _MONO_REASON
    if listened.meter.is_one_signal_twice:
        return _DUPLICATED_REASON
    if sum(channel.role is not None for channel in heard) < len(Role):
        speaking = sum(len(channel.spans) > 0 for channel in heard)
        return _UNMAPPED_REASON.format(count=len(heard), speaking=speaking)
    return None


def _segments(heard: Sequence[HeardChannel]) -> tuple[Segment, ...]:
    segments = [
        Segment(role=channel.role, start_offset_ms=int(start), end_offset_ms=int(end))
        for channel in heard
        if channel.role is not None
        for start, end in channel.spans
    ]
    return tuple(sorted(segments, key=lambda segment: (segment.start_offset_ms, segment.role)))


def _report(
    listened: _Listened, heard: Sequence[HeardChannel], transcript: Sequence[TranscriptEntry], *, is_swapped: bool
) -> InputReport:
    channels = tuple(report_channel(channel) for channel in heard)
    spans = np.concatenate([channel.spans for channel in heard])
    leading_ms = int(spans[:, 0].min()) if len(spans) else listened.duration_ms
    trailing_ms = listened.duration_ms - int(spans[:, 1].max()) if len(spans) else listened.duration_ms
    findings: list[Finding] = list(
        recording_findings(
            listened.irregularities,
            leading_ms=leading_ms,
            trailing_ms=trailing_ms,
            duration_ms=listened.duration_ms,
        )
    )
    is_duplicated = listened.meter.is_one_signal_twice
    if len(heard) == 1 or is_duplicated:
        findings.append(mono_finding(is_duplicated=is_duplicated))
    if is_swapped:
        findings.append(swapped_finding())
    longer = length_finding(listened.duration_ms, max((entry.end_offset_ms for entry in transcript), default=0))
    findings += [longer] if longer is not None else []
    for channel in channels:
        findings.extend(channel_findings(channel, listened.probe.sample_rate_hz))
    return InputReport(
        duration_ms=listened.duration_ms,
        is_duplicated_mono=is_duplicated,
        is_channel_order_swapped=is_swapped,
        leading_silence_ms=leading_ms,
        trailing_silence_ms=trailing_ms,
        channels=channels,
        findings=tuple(findings),
    )


def _confidence(report: InputReport) -> float:
    """Return how far the segments may be trusted: less when roles were guessed or noise hides edges."""
    if report.is_channel_order_swapped:
        return _SWAPPED_CONFIDENCE
    codes = {finding.code for finding in report.findings}
    return _DOUBTFUL_CONFIDENCE if codes & _DOUBTS else _CHANNEL_CONFIDENCE
