"""The shape of the JSON that `callscope analyze --json` prints; `--schema` prints it as a JSON Schema."""

from pydantic import BaseModel, ConfigDict, Field

from callscope.core.call import Role
from callscope.core.conversation import TimingBasis, TurnKind
from callscope.core.metric import ValueState
from callscope.core.recording import FindingSeverity, SoundKind


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ChannelPart(_Part):
    """One channel of the recording."""

    index: int = Field(description="Position in the file, from 0.")
    role: Role | None = Field(description="The party it holds, null where nothing tells.")


class SegmentPart(_Part):
    """A run of one party's speech."""

    role: Role = Field(description="Who speaks.")
    start_ms: int = Field(description="Where it begins, from sample 0.")
    end_ms: int = Field(description="Where it ends.")


class TurnPart(_Part):
    """One party's segments until the other takes the floor, or a backchannel."""

    role: Role = Field(description="Who speaks.")
    kind: TurnKind = Field(description="Whether the speaker took the floor.")
    start_ms: int = Field(description="Onset of its first segment.")
    end_ms: int = Field(description="End of its last segment.")
    response_time_ms: int | None = Field(
        description="Wait since the other party's last speech; null for the opening turn, backchannels and overlap."
    )


class InterruptionPart(_Part):
    """A floor-taking onset inside the other party's speech."""

    by: Role = Field(description="Who broke in.")
    at_ms: int = Field(description="Onset.")
    yielded: bool = Field(description="Whether the interrupted party stopped within the yield limit.")
    stop_latency_ms: int | None = Field(description="How long it took to stop, null when it did not yield.")


class EvidencePart(_Part):
    """A stretch of the call a value rests on."""

    start_ms: int = Field(description="Start.")
    end_ms: int = Field(description="End.")
    role: Role | None = Field(description="Whose doing it is, null for both or neither.")
    reason: str = Field(description="What happens there.")


class EventPart(_Part):
    """One value of a metric that has one per turn or gap."""

    value: float | int | bool | str = Field(description="The value, in the metric's unit.")
    start_ms: int = Field(description="Start of the turn or gap it speaks of.")
    end_ms: int = Field(description="End of it.")


class MetricPart(_Part):
    """One metric, for the call or for one party."""

    slug: str = Field(description="The metric's permanent name.")
    role: Role | None = Field(description="The party, null for a metric of the whole call.")
    value: float | int | bool | str | None = Field(description="The value of the call; null unless SUCCESS.")
    unit: str = Field(description="Symbol of the unit; empty where there is none.")
    state: ValueState = Field(description="Whether there is a value.")
    reason: str | None = Field(description="Why there is none, or how it came about.")
    confidence: float | None = Field(description="0 to 1; 1 for deterministic values on separated channels.")
    version: int = Field(description="Version of the formula.")
    method: str = Field(description="What it was measured on.")
    parameters: dict[str, float | int | str] = Field(description="Thresholds it was computed with.")
    statistics: dict[str, float | int | None] = Field(description="Counts, numerator and denominator, percentiles.")
    evidence: tuple[EvidencePart, ...] = Field(description="Where to listen.")
    events: tuple[EventPart, ...] = Field(description="One value per turn or gap; empty for metrics without.")


class SoundPart(_Part):
    """A stretch of a channel that is nobody's speech."""

    kind: SoundKind = Field(description="What it is.")
    start_ms: int = Field(description="Where it begins.")
    end_ms: int = Field(description="Where it ends; pauses of a cadence belong to it.")


class PerceivedPart(_Part):
    """What listeners would say of the speech, 1 to 5, as DNSMOS predicts it."""

    signal: float = Field(description="The voice.")
    background: float = Field(description="The noise behind it; 5 means that none is bothersome.")
    overall: float = Field(description="Both together.")
    mean_opinion: float | None = Field(description="How good it sounds as a whole, by P.808; the others are by P.835.")
    window_count: int = Field(description="Stretches of nine seconds that were judged.")
    method: str = Field(description="Which network judged.")


class InputChannelPart(_Part):
    """What one channel sounds like. Levels in dBFS."""

    index: int = Field(description="Position in the file, from 0.")
    role: Role | None = Field(description="The party it holds, null where nothing tells.")
    speech_ms: int = Field(description="Speech detected in it.")
    peak_db: float | None = Field(description="Highest sample.")
    noise_floor_db: float | None = Field(description="Level between the speech.")
    speech_level_db: float | None = Field(description="Level of the speech.")
    snr_db: float | None = Field(description="Speech above noise.")
    clipped_ratio: float = Field(description="Share of samples at full scale.")
    dropout_count: int = Field(description="Holes of digital silence inside speech.")
    dc_offset: float = Field(description="Mean of the samples, full scale is 1.")
    bandwidth_hz: int | None = Field(description="Highest frequency with content.")
    bleed_db: float | None = Field(description="How far below its own level the other party is heard here.")
    bleed_delay_ms: int | None = Field(description="How much later it is heard here; null without bleed.")
    active_level_db: float | None = Field(description="Active speech level after ITU-T P.56.")
    activity_ratio: float | None = Field(description="Share of the recording in which the speech is active, P.56.")
    loudness_lufs: float | None = Field(description="Loudness of the whole channel after ITU-R BS.1770.")
    sounds: tuple[SoundPart, ...] = Field(description="Ringing, dialling, tones and music, by start.")
    perceived: PerceivedPart | None = Field(description="Perceived quality; null without --quality.")


class FindingPart(_Part):
    """One thing the input check noticed."""

    code: str = Field(description="Stable name.")
    severity: FindingSeverity = Field(description="How much it matters to the numbers.")
    channel_index: int | None = Field(description="The channel, null for the whole recording.")
    message: str = Field(description="What is so.")
    remedy: str | None = Field(description="What to do about it.")


class InputPart(_Part):
    """What the recording is, and what is odd about it."""

    container: str = Field(description="Container, by content.")
    codec: str = Field(description="Codec, by content.")
    sample_rate_hz: int = Field(description="Samples per second and channel.")
    channel_count: int = Field(description="Channels in the file.")
    is_duplicated_mono: bool = Field(description="Whether both channels hold the same sound.")
    is_channel_order_swapped: bool = Field(description="Whether the transcript fitted the other channel order better.")
    leading_silence_ms: int = Field(description="Before the first speech.")
    trailing_silence_ms: int = Field(description="After the last speech.")
    channels: tuple[InputChannelPart, ...] = Field(description="Per channel.")
    findings: tuple[FindingPart, ...] = Field(description="What is odd, and the remedy.")


class ProsodyPart(_Part):
    """How one run of speech sounds, whoever's it is."""

    channel_index: int = Field(description="The channel it is in.")
    start_ms: int = Field(description="Where it begins.")
    end_ms: int = Field(description="Where it ends.")
    pitch_hz: float | None = Field(description="Middle pitch of its voiced parts; null when hardly any are.")
    pitch_range_semitones: float | None = Field(description="From the 10th to the 90th percentile of the pitch.")
    level_db: float = Field(description="Level, dBFS.")
    syllables_per_s: float | None = Field(description="Vowels heard per second; null below half a second.")


class WordPart(_Part):
    """A recognised word."""

    text: str = Field(description="The word as it was written down.")
    start_ms: int = Field(description="Where it begins.")
    end_ms: int = Field(description="Where it ends.")
    confidence: float | None = Field(description="The recogniser's own probability, null when it gives none.")


class EntryPart(_Part):
    """What a party said in one run of speech, as it was recognised."""

    role: Role = Field(description="Who said it.")
    start_ms: int = Field(description="Start of the first word.")
    end_ms: int = Field(description="End of the last word.")
    text: str = Field(description="The words.")
    language: str | None = Field(description="ISO 639 code, null when the recogniser does not say.")
    words: tuple[WordPart, ...] = Field(description="Each word with its place.")


class AnalysisDocument(_Part):
    """Everything measured on one recording. All times are whole milliseconds from sample 0."""

    duration_ms: int = Field(description="Length of the recording.")
    basis: TimingBasis | None = Field(
        description="What segments and turns were measured on; null when nobody could be timed."
    )
    basis_reason: str | None = Field(description="Why nobody could be timed.")
    confidence: float | None = Field(description="Trust in segments and turns, 0 to 1.")
    channels: tuple[ChannelPart, ...] = Field(description="The recording's channels.")
    segments: tuple[SegmentPart, ...] = Field(description="Speech, by start.")
    turns: tuple[TurnPart, ...] = Field(description="Turns and backchannels, by start.")
    interruptions: tuple[InterruptionPart, ...] = Field(description="Interruptions, by onset.")
    metrics: tuple[MetricPart, ...] = Field(description="One entry per metric and party.")
    prosody: tuple[ProsodyPart, ...] = Field(description="Pitch, level and pace of each run of speech, by channel.")
    recognized: tuple[EntryPart, ...] = Field(description="What was said, by start; empty without --transcribe.")
    input: InputPart = Field(description="Input check.")
