"""The analysis of a call as it is read: where it stands, and what is odd about the recording."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from callscope.api.schemas.base import OutputModel
from callscope.core.analysis import AnalysisStatus, Stage
from callscope.core.call import Role
from callscope.core.recording import FindingSeverity, SoundKind
from callscope.core.transcript import DifferenceKind, TranscriptSource


class FindingRead(OutputModel):
    """One thing the input check noticed."""

    code: str
    severity: FindingSeverity
    channel_index: int | None
    message: str
    remedy: str | None


class LineSoundRead(OutputModel):
    """A stretch of a channel that is nobody's speech: ringing, dialling, tones, music."""

    kind: SoundKind
    start_offset_ms: int
    end_offset_ms: int


class ChannelReportRead(OutputModel):
    """Measured properties of one channel. Levels are dBFS, null where silence leaves nothing to measure."""

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
    bleed_db: float | None = Field(description="Level of the other party in this channel; null when inaudible.")
    bleed_delay_ms: int | None = Field(description="How much later it is heard; null when inaudible, 0 when at once.")
    active_level_db: float | None = Field(description="Active speech level, ITU-T P.56, of the detected speech.")
    activity_ratio: float | None = Field(description="Share of the recording in which that speech is active.")
    loudness_lufs: float | None = Field(description="Integrated loudness of the channel, ITU-R BS.1770, in LUFS.")
    sounds: list[LineSoundRead] = Field(description="What else is heard, by start. None of it counts as speech.")


class InputReportRead(OutputModel):
    """Input sanity of the recording that was measured."""

    container: str
    codec: str
    sample_rate_hz: int
    channel_count: int
    duration_ms: int
    is_duplicated_mono: bool
    is_channel_order_swapped: bool
    leading_silence_ms: int
    trailing_silence_ms: int
    channels: list[ChannelReportRead]
    findings: list[FindingRead]


class WordDifferenceRead(OutputModel):
    """Words that differ."""

    kind: DifferenceKind = Field(description="What the other transcript made of the reference's words.")
    reference_words: list[str]
    other_words: list[str]
    at_offset_ms: int | None = Field(description="Start of the reference's entry it stands in.")


class WordComparisonRead(OutputModel):
    """One party's words in two transcripts, compared without case and punctuation."""

    role: Role
    reference_word_count: int
    other_word_count: int
    error_count: int
    error_rate: float | None = Field(description="Errors per word of the reference (WER); null when it has none.")
    differences: list[WordDifferenceRead]


class TranscriptComparisonRead(OutputModel):
    """How the transcript that came with the call differs from the one recognised in its recording."""

    reference: TranscriptSource
    other: TranscriptSource
    parties: list[WordComparisonRead]


class AnalysisRead(OutputModel):
    """The newest analysis of a call."""

    id: UUID
    call_id: UUID
    status: AnalysisStatus
    stage: Stage = Field(description="The stage under way, or the one the analysis ended in.")
    attempt_count: int = Field(description="Failed tries of this stage.")
    reason: str | None = Field(description="Why the last try failed, and what to do; null when none did.")
    next_attempt_at: datetime | None
    created_at: datetime
    finished_at: datetime | None
    transcription_reason: str | None = Field(
        description="Why no words were recognised from the recording, and what to do; null when they were, or none "
        "were wanted."
    )
    input_report: InputReportRead | None = Field(description="Null until the recording is measured.")
    transcript_comparison: TranscriptComparisonRead | None = Field(
        description="Null unless the call brought a transcript and another was recognised beside it."
    )
