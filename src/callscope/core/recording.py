"""A recording: what the file is, what is odd about it, and what one pass over it found."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from callscope.core.call import Role
from callscope.core.conversation import Segment

Span = tuple[int, int]
"""Start and end in milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What the container and codec say, read from content, never from a name.

    `duration_ms` is None when only decoding tells.
    """

    container: str
    codec: str
    sample_rate_hz: int
    channel_count: int
    duration_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One channel of a recording; `role` is None where nothing tells the party."""

    index: int
    role: Role | None


class FindingSeverity(StrEnum):
    """How much a finding matters to the numbers."""

    INFO = "info"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing the input check noticed: what is so, and what to do about it, in plain words."""

    code: str
    severity: FindingSeverity
    channel_index: int | None
    message: str
    remedy: str | None


class SoundKind(StrEnum):
    """What is heard in a channel besides speech."""

    RINGING = "ringing"
    BUSY = "busy"
    DIALLING = "dialling"
    """Keys of a telephone (DTMF)."""
    TONE = "tone"
    """One steady or sliding tone, or an announcement's."""
    MUSIC = "music"
    """Melodies and chords, hold music among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSound:
    """A stretch of a channel that is no party's speech; pauses of a cadence or between two keys belong to it."""

    kind: SoundKind
    start_offset_ms: int
    end_offset_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PerceivedQuality:
    """What listeners would say of a channel's speech, 1 (bad) to 5 (excellent), as a network predicts it.

    Means over `window_count` stretches of nine seconds. `signal` speaks of the voice, `background` of the noise behind
    it (5: none is bothersome), `overall` of both. `mean_opinion` answers the older question how good it sounds as a
    whole; None in what was judged before it was asked. `method` names the networks.
    """

    signal: float
    background: float
    overall: float
    window_count: int
    method: str
    mean_opinion: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentProsody:
    """How one run of speech sounds, whoever's it is.

    `pitch_hz` is the middle pitch of its voiced parts and `pitch_range_semitones` the distance between their 10th and
    90th percentile, both None where too little of it is voiced. `level_db` is its level, dBFS. `syllables_per_s` counts
    the vowels heard, None where it is too short to count.
    """

    channel_index: int
    start_offset_ms: int
    end_offset_ms: int
    pitch_hz: float | None
    pitch_range_semitones: float | None
    level_db: float
    syllables_per_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelReport:
    """Measured properties of one channel. Levels in dBFS; None where silence leaves nothing to measure."""

    index: int
    role: Role | None
    speech_ms: int
    peak_db: float | None
    noise_floor_db: float | None
    speech_level_db: float | None
    snr_db: float | None
    clipped_ratio: float
    dropout_count: int
    dc_offset: float
    bandwidth_hz: int | None
    bleed_db: float | None
    """How far the other party lies below its own level when heard in this channel; None when inaudible."""
    bleed_delay_ms: int | None = None
    """How much later it is heard there; None with no bleed, 0 when at once."""
    active_level_db: float | None = None
    """Active speech level after ITU-T P.56."""
    activity_ratio: float | None = None
    """Share of the recording in which the channel's speech is active, after the same method."""
    loudness_lufs: float | None = None
    """Integrated loudness of the whole channel after ITU-R BS.1770."""
    sounds: tuple[LineSound, ...] = ()
    """What else is heard, by start."""
    perceived: PerceivedQuality | None = None
    """None where nobody was asked to judge it, or too little is said in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputReport:
    """Input sanity of a recording: figures per channel and findings in plain words."""

    duration_ms: int
    is_duplicated_mono: bool
    is_channel_order_swapped: bool
    leading_silence_ms: int
    trailing_silence_ms: int
    channels: tuple[ChannelReport, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peaks:
    """A waveform for drawing: per channel interleaved minimum and maximum, signed 8 bit, one pair per `bucket_ms`."""

    bucket_ms: int
    channels: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingAnalysis:
    """Everything one streamed pass over a recording found.

    `segments` is None when no channel is one party's own; `reason` then says why. `speech` is where speech was detected
    in each channel, whoever's it is; `prosody` tells how each of these stretches sounds.
    """

    probe: Probe
    duration_ms: int
    channels: tuple[Channel, ...]
    segments: tuple[Segment, ...] | None
    speech: tuple[tuple[Span, ...], ...]
    reason: str | None
    confidence: float
    report: InputReport
    peaks: Peaks
    parameters: Mapping[str, float | int | str]
    version: str
    prosody: tuple[SegmentProsody, ...] = ()
    perceived_reason: str | None = None
    """Why no channel's quality was judged, None when one was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredRecording:
    """What one pass over a recording found, without the parts that grow with its length."""

    probe: Probe
    duration_ms: int
    channels: tuple[Channel, ...]
    report: InputReport
    reason: str | None


class RecordingKind(StrEnum):
    """Which of a call's two files: the one every call has, or its two-channel version."""

    MAIN = "main"
    STEREO = "stereo"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFile:
    """A recording's bytes in the object store.

    `sha256` is their digest as hexadecimal digits, `content_type` the type sniffed from them.
    """

    object_key: str
    sha256: str
    size_bytes: int
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingUpload:
    """A recording that its sender uploads to us. `file` is None until it has come in whole.

    `call_id` is the call that took it at `taken_at`, None for one that is gone.
    """

    id: UUID
    project_id: UUID
    call_id: UUID | None
    taken_at: datetime | None
    file: RecordingFile | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A fetched recording of a call.

    `sha256` is the digest of its bytes as hexadecimal digits, `content_type` the type sniffed from them. `findings`
    is what was noticed when it was put together, for the input report. One that `is_withheld` is not played: what has
    to be masked in it is not masked yet. `original` is what a masked one was made from, None where it is not kept.
    """

    id: UUID
    project_id: UUID
    call_id: UUID
    kind: RecordingKind
    object_key: str
    sha256: str
    size_bytes: int
    content_type: str
    fetched_at: datetime
    findings: tuple[Finding, ...] = ()
    is_withheld: bool = False
    original: RecordingFile | None = None

    @property
    def measured_key(self) -> str:
        """The object to measure: the original while it is there."""
        return self.object_key if self.original is None else self.original.object_key
