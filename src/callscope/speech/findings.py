"""The input report: what is odd about a recording, said so that its sender can mend it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from callscope.audio.decode import Irregularity, IrregularityKind
from callscope.audio.levels import ChannelLevels
from callscope.audio.spectrum import FRAME_MS
from callscope.core.call import Role
from callscope.core.recording import ChannelReport, Finding, FindingSeverity, LineSound, PerceivedQuality, SoundKind
from callscope.speech.active_level import measure_active_level
from callscope.speech.bleed import Bleed
from callscope.speech.edges import Spans
from callscope.speech.noise import NoiseFloor
from callscope.speech.tracks import ChannelTrack, runs

_DIGITAL_SILENCE_DB = -110.0
_DROPOUT_MS = (20, 2000)
_NOISY_SNR_DB = 12.0
_CLIPPED_RATIO = 1e-4
_DC_OFFSET = 0.01
_NARROW_BAND_HZ = 4300
_TELEPHONE_RATE_HZ = 8000
_LONG_SILENCE_MS = 10_000
_LENGTH_TOLERANCE_MS = 2000
_LENGTH_TOLERANCE_SHARE = 100
_LOUD_BLEED_DB = -30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardChannel:
    """One channel with all that was measured of it."""

    index: int
    role: Role | None
    levels: ChannelLevels
    track: ChannelTrack
    noise: NoiseFloor
    bleed: Bleed | None
    bleed_delay_ms: int
    spans: Spans
    sounds: tuple[LineSound, ...] = ()
    loudness_lufs: float | None = None
    perceived: PerceivedQuality | None = None


def report_channel(heard: HeardChannel) -> ChannelReport:
    """Return the figures of one channel."""
    speech_level_db = _speech_level_db(heard)
    noise_floor_db = round(heard.noise.level_db, 1)
    active = measure_active_level(heard.track, heard.spans)
    return ChannelReport(
        index=heard.index,
        role=heard.role,
        speech_ms=int((heard.spans[:, 1] - heard.spans[:, 0]).sum()),
        peak_db=heard.levels.peak_db,
        noise_floor_db=noise_floor_db if heard.levels.peak_db is not None else None,
        speech_level_db=speech_level_db,
        snr_db=None if speech_level_db is None else round(speech_level_db - noise_floor_db, 1),
        clipped_ratio=heard.levels.clipped_ratio,
        dropout_count=_dropout_count(heard.track),
        dc_offset=heard.levels.dc_offset,
        bandwidth_hz=heard.levels.bandwidth_hz,
        bleed_db=None if heard.bleed is None else round(heard.bleed.level_db, 1),
        bleed_delay_ms=None if heard.bleed is None else heard.bleed_delay_ms,
        active_level_db=None if active is None else active.level_db,
        activity_ratio=None if active is None else active.activity_ratio,
        loudness_lufs=heard.loudness_lufs,
        sounds=heard.sounds,
        perceived=heard.perceived,
    )


def _speech_level_db(heard: HeardChannel) -> float | None:
    if not len(heard.spans):
        return None
    frames = np.concatenate([np.arange(start // FRAME_MS, end // FRAME_MS) for start, end in heard.spans])
    power = 10 ** (heard.track.power_db[frames[frames < heard.track.frame_count]] / 10)
    return round(float(10 * np.log10(power.mean())), 1)


def _dropout_count(track: ChannelTrack) -> int:
    """Return how often the signal falls to exact silence and comes back within two seconds."""
    silent = track.power_db < _DIGITAL_SILENCE_DB
    if not silent.any() or silent.mean() > 0.5:  # noqa: PLR2004 - a channel mostly of digital silence was gated, not torn
        return 0
    holes = runs(silent)
    lengths_ms = (holes[:, 1] - holes[:, 0]) * FRAME_MS
    inside = (holes[:, 0] > 0) & (holes[:, 1] < track.frame_count)
    return int(np.count_nonzero(inside & (lengths_ms >= _DROPOUT_MS[0]) & (lengths_ms <= _DROPOUT_MS[1])))


def channel_findings(report: ChannelReport, sample_rate_hz: int) -> Iterator[Finding]:
    """Yield what is odd about one channel of a file of `sample_rate_hz`."""
    name = f"Channel {report.index + 1}" + (f" ({report.role})" if report.role else "")
    at = report.index
    if report.peak_db is None:
        yield _finding(
            "dead_channel", FindingSeverity.PROBLEM, at, f"{name} is silent from beginning to end.",
            "Check that this party's track is recorded; its turns cannot be measured.",
        )  # fmt: skip
        return
    if report.speech_ms == 0:
        yield _finding(
            "no_speech", FindingSeverity.WARNING, at, f"No speech was found in {name[0].lower() + name[1:]}.",
            "If somebody speaks there, check the recording level.",
        )  # fmt: skip
    if report.clipped_ratio > _CLIPPED_RATIO:
        yield _finding(
            "clipping", FindingSeverity.WARNING, at,
            f"{name} is clipped: {report.clipped_ratio:.2%} of its samples are at full scale.",
            "Lower the recording gain. Timing is not affected, voice quality is.",
        )  # fmt: skip
    if report.dropout_count:
        yield _finding(
            "dropouts", FindingSeverity.WARNING, at, f"{name} falls to digital silence {report.dropout_count} times.",
            "Look for lost packets between the call and its recorder; a hole inside a word can split a segment.",
        )  # fmt: skip
    if abs(report.dc_offset) > _DC_OFFSET:
        yield _finding(
            "dc_offset", FindingSeverity.INFO, at, f"{name} has a DC offset of {report.dc_offset:+.3f} of full scale.",
            "Harmless to the numbers; a high-pass filter in the recorder removes it.",
        )  # fmt: skip
    if report.bandwidth_hz is not None and report.bandwidth_hz < _NARROW_BAND_HZ:
        yield _bandwidth_finding(name, report, sample_rate_hz)
    if report.snr_db is not None and report.snr_db < _NOISY_SNR_DB:
        yield _finding(
            "noise", FindingSeverity.WARNING, at,
            f"{name} is noisy: speech lies {report.snr_db:.0f} dB above the noise.",
            "Quiet beginnings and ends of words drown; expect response times to be off by some tens of milliseconds.",
        )  # fmt: skip
    if report.sounds:
        yield _sounds_finding(name, report)
    if report.bleed_db is not None:
        yield _bleed_finding(name, report, report.bleed_db)


def _bandwidth_finding(name: str, report: ChannelReport, sample_rate_hz: int) -> Finding:
    is_wide_file = sample_rate_hz > _TELEPHONE_RATE_HZ
    wide = f", although the file has {sample_rate_hz} Hz" if is_wide_file else ""
    return _finding(
        "narrow_band",
        FindingSeverity.INFO,
        report.index,
        f"{name} holds telephone bandwidth, up to {report.bandwidth_hz} Hz{wide}.",
        "Nothing is gained by the higher rate. If the call was wide band, record it before it passes a telephone codec."
        if is_wide_file
        else None,
    )


def _bleed_finding(name: str, report: ChannelReport, level_db: float) -> Finding:
    loud = level_db > _LOUD_BLEED_DB
    later = f" and {report.bleed_delay_ms} ms later" if report.bleed_delay_ms else ""
    return _finding(
        "bleed",
        FindingSeverity.WARNING if loud else FindingSeverity.INFO,
        report.index,
        f"The other party is audible in {name[0].lower() + name[1:]}, {-level_db:.0f} dB below its own level{later}.",
        "It is not counted as this party's speech. Recording before the echo path, or echo cancellation, removes it.",
    )


def _sounds_finding(name: str, report: ChannelReport) -> Finding:
    lengths_ms: dict[SoundKind, int] = {}
    for sound in report.sounds:
        lengths_ms[sound.kind] = lengths_ms.get(sound.kind, 0) + sound.end_offset_ms - sound.start_offset_ms
    heard = ", ".join(f"{kind} for {length_ms / 1000:.1f} s" for kind, length_ms in sorted(lengths_ms.items()))
    first_s = report.sounds[0].start_offset_ms / 1000
    return _finding(
        "line_sounds", FindingSeverity.INFO, report.index, f"{name} holds {heard}, first at {first_s:.1f} s.",
        "None of it is counted as speech. To leave it out of silences too, begin the recording when the parties speak.",
    )  # fmt: skip


def recording_findings(
    irregularities: Sequence[Irregularity], *, leading_ms: int, trailing_ms: int, duration_ms: int
) -> Iterator[Finding]:
    """Yield what is odd about the recording as a whole."""
    for damage in irregularities:
        yield _damage_finding(damage)
    for code, where, silence_ms in (
        ("leading_silence", "before", leading_ms),
        ("trailing_silence", "after", trailing_ms),
    ):
        if _LONG_SILENCE_MS < silence_ms < duration_ms:
            yield _finding(
                code, FindingSeverity.INFO, None,
                f"There is {silence_ms / 1000:.0f} s without speech {where} the conversation.",
                "Ringing and waiting are not counted as silence of the conversation.",
            )  # fmt: skip


def length_finding(duration_ms: int, transcript_end_ms: int) -> Finding | None:
    """Return the finding that a transcript speaks of more time than the recording has, None when they agree."""
    if transcript_end_ms <= duration_ms + _LENGTH_TOLERANCE_MS:
        return None
    return _finding(
        "transcript_longer",
        FindingSeverity.WARNING,
        None,
        f"The transcript ends at {transcript_end_ms / 1000:.1f} s, the recording at {duration_ms / 1000:.1f} s.",
        "Check that recording and transcript are of the same call and start at the same moment.",
    )


def declared_length_finding(duration_ms: int, declared_ms: int) -> Finding | None:
    """Return the finding that the call's own times speak of another length, None when they agree."""
    if abs(duration_ms - declared_ms) <= max(_LENGTH_TOLERANCE_MS, declared_ms // _LENGTH_TOLERANCE_SHARE):
        return None
    longer = "longer" if duration_ms > declared_ms else "shorter"
    return _finding(
        "length_differs",
        FindingSeverity.WARNING,
        None,
        f"The recording has {duration_ms / 1000:.1f} s and is {longer} than the call, which by its own times took "
        f"{declared_ms / 1000:.1f} s.",
        "Offsets are those of the recording. Check that it is the whole call and that both clocks agree.",
    )


def _damage_finding(damage: Irregularity) -> Finding:
    at_s = damage.at_offset_ms / 1000
    if damage.kind is IrregularityKind.HOLE:
        message = (
            f"{damage.duration_ms / 1000:.1f} s of sound is missing in {damage.count} places, first at {at_s:.1f} s."
        )
        return _finding(
            "missing_sound", FindingSeverity.WARNING, None, message,
            "Silence was put in so that offsets stay true. Look for lost packets in the recorder.",
        )  # fmt: skip
    if damage.kind is IrregularityKind.CORRUPT:
        message = f"{damage.count} packets do not decode, the first at {at_s:.1f} s."
        return _finding(
            "corrupt", FindingSeverity.WARNING, None, message, "They were left out. Send an undamaged copy."
        )
    return _finding(
        "truncated",
        FindingSeverity.PROBLEM,
        None,
        f"The recording breaks off at {at_s:.1f} s, {damage.duration_ms / 1000:.1f} s before the length it declares.",
        "What there is was measured. Send the recording after it is finished.",
    )


def mono_finding(*, is_duplicated: bool) -> Finding:
    """Return the finding that one channel holds both parties."""
    if is_duplicated:
        return _finding(
            "duplicated_mono", FindingSeverity.PROBLEM, None, "Both channels carry the same sound.",
            "Record the parties on separate channels; as it is, who spoke when cannot be told from the sound alone.",
        )  # fmt: skip
    return _finding(
        "mono", FindingSeverity.WARNING, None, "The recording has one channel for both parties.",
        "Send a stereo recording (left customer, right agent) as stereoRecordingUrl to have turns measured on it.",
    )  # fmt: skip


def swapped_finding() -> Finding:
    """Return the finding that the channels lie the other way round."""
    return _finding(
        "channels_swapped", FindingSeverity.WARNING, None,
        "The transcript fits the channels the other way round: left is the agent, right the customer.",
        "The roles were exchanged for this call. Set the channel order of the project to make it certain.",
    )  # fmt: skip


def _finding(
    code: str, severity: FindingSeverity, channel_index: int | None, message: str, remedy: str | None
) -> Finding:
    return Finding(code=code, severity=severity, channel_index=channel_index, message=message, remedy=remedy)
