"""What one pass over a call's recording found, one row a call."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ForeignKey, Index, LargeBinary, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, DOUBLE_PRECISION, JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.conversation import Segment
from callscope.core.recording import (
    Channel,
    InputReport,
    MeasuredRecording,
    Peaks,
    Probe,
    RecordingAnalysis,
    SegmentProsody,
    Span,
)
from callscope.storage.base import Base, Milliseconds, ProjectId

_segments = TypeAdapter(tuple[Segment, ...] | None)
_speech = TypeAdapter(tuple[tuple[Span, ...], ...])
_probe = TypeAdapter(Probe)
_channels = TypeAdapter(tuple[Channel, ...])
_report = TypeAdapter(InputReport)
_prosody = TypeAdapter(tuple[SegmentProsody, ...])


class RecordingAnalysisRow(Base):
    """What one pass over a call's recording found. `peaks` has one byte string per channel."""

    __tablename__ = "recording_analysis"
    __table_args__ = (Index(None, "recording_id"), Index(None, "project_id"))

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"), primary_key=True)
    project_id: Mapped[ProjectId]
    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recording.id", ondelete="CASCADE"))
    input_sha256: Mapped[str]
    version: Mapped[str]
    duration_ms: Mapped[Milliseconds]
    probe: Mapped[dict[str, Any]]
    channels: Mapped[Any] = mapped_column(JSONB)
    segments: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    speech: Mapped[Any] = mapped_column(JSONB)
    reason: Mapped[str | None]
    confidence: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    report: Mapped[dict[str, Any]]
    peaks_bucket_ms: Mapped[int]
    peaks: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary))
    parameters: Mapped[dict[str, Any]]
    prosody: Mapped[Any] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    perceived_reason: Mapped[str | None]
    computed_at: Mapped[datetime]


async def save(
    session: AsyncSession,
    *,
    project_id: UUID,
    call_id: UUID,
    recording_id: UUID,
    input_sha256: str,
    analysis: RecordingAnalysis,
    at: datetime,
) -> None:
    """Write what the pass over a recording found, over what an earlier pass did."""
    values = {
        "recording_id": recording_id,
        "input_sha256": input_sha256,
        "version": analysis.version,
        "duration_ms": analysis.duration_ms,
        "probe": _probe.dump_python(analysis.probe, mode="json"),
        "channels": _channels.dump_python(analysis.channels, mode="json"),
        "segments": _segments.dump_python(analysis.segments, mode="json"),
        "speech": _speech.dump_python(analysis.speech, mode="json"),
        "reason": analysis.reason,
        "confidence": analysis.confidence,
        "report": _report.dump_python(analysis.report, mode="json"),
        "peaks_bucket_ms": analysis.peaks.bucket_ms,
        "peaks": list(analysis.peaks.channels),
        "parameters": dict(analysis.parameters),
        "prosody": _prosody.dump_python(analysis.prosody, mode="json"),
        "perceived_reason": analysis.perceived_reason,
        "computed_at": at,
    }
    statement = insert(RecordingAnalysisRow).values(call_id=call_id, project_id=project_id, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["call_id"], set_=values))


async def read(session: AsyncSession, *, project_id: UUID, call_id: UUID) -> RecordingAnalysis | None:
    """Return what the measured recording of a call gave, None before it was measured."""
    query = select(RecordingAnalysisRow).where(
        RecordingAnalysisRow.project_id == project_id, RecordingAnalysisRow.call_id == call_id
    )
    row = (await session.execute(query)).scalar_one_or_none()
    return None if row is None else _to_recording_analysis(row)


async def read_duration_ms(session: AsyncSession, *, project_id: UUID, call_id: UUID) -> int | None:
    """Return how long the measured recording of a call is, None before it was measured."""
    query = select(RecordingAnalysisRow.duration_ms).where(
        RecordingAnalysisRow.project_id == project_id, RecordingAnalysisRow.call_id == call_id
    )
    return (await session.execute(query)).scalar_one_or_none()


async def read_measured(session: AsyncSession, *, project_id: UUID, call_id: UUID) -> MeasuredRecording | None:
    """Return what the measured recording of a call gave without segments and peaks, None before it was measured."""
    query = select(
        RecordingAnalysisRow.probe,
        RecordingAnalysisRow.duration_ms,
        RecordingAnalysisRow.channels,
        RecordingAnalysisRow.report,
        RecordingAnalysisRow.reason,
    ).where(RecordingAnalysisRow.project_id == project_id, RecordingAnalysisRow.call_id == call_id)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    return MeasuredRecording(
        probe=_probe.validate_python(row.probe),
        duration_ms=row.duration_ms,
        channels=_channels.validate_python(row.channels),
        report=_report.validate_python(row.report),
        reason=row.reason,
    )


async def read_peaks(session: AsyncSession, *, project_id: UUID, call_id: UUID) -> Peaks | None:
    """Return the waveform of the measured recording of a call, None before it was measured."""
    query = select(RecordingAnalysisRow.peaks_bucket_ms, RecordingAnalysisRow.peaks).where(
        RecordingAnalysisRow.project_id == project_id, RecordingAnalysisRow.call_id == call_id
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else Peaks(bucket_ms=row.peaks_bucket_ms, channels=tuple(row.peaks))


async def save_peaks(session: AsyncSession, *, call_id: UUID, peaks: Peaks) -> None:
    """Write another waveform over that of the measured recording of a call."""
    statement = update(RecordingAnalysisRow).where(RecordingAnalysisRow.call_id == call_id)
    values = {"peaks_bucket_ms": peaks.bucket_ms, "peaks": list(peaks.channels)}
    await session.execute(statement.values(values).execution_options(synchronize_session=False))


def _to_recording_analysis(row: RecordingAnalysisRow) -> RecordingAnalysis:
    return RecordingAnalysis(
        probe=_probe.validate_python(row.probe),
        duration_ms=row.duration_ms,
        channels=_channels.validate_python(row.channels),
        segments=_segments.validate_python(row.segments),
        speech=_speech.validate_python(row.speech),
        reason=row.reason,
        confidence=row.confidence,
        report=_report.validate_python(row.report),
        peaks=Peaks(bucket_ms=row.peaks_bucket_ms, channels=tuple(row.peaks)),
        parameters=row.parameters,
        version=row.version,
        prosody=_prosody.validate_python(row.prosody),
        perceived_reason=row.perceived_reason,
    )
