"""The analysis of a call as it is read: where it stands, and what is odd about the recording."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from callscope.api.schemas.base import OutputModel
from callscope.core.analysis import AnalysisStatus, Stage
from callscope.core.call import Role
from callscope.core.recording import FindingSeverity


class FindingRead(OutputModel):
    """One thing the input check noticed."""

    code: str
    severity: FindingSeverity
    channel_index: int | None
    message: str
    remedy: str | None


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
