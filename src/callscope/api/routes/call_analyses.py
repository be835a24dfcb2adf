"""`/v1/call/{call_id}/analysis`, beyond the original API: whether the numbers are there yet, and if not, why."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from callscope.api.answers import answer, errors
from callscope.api.authentication import Requires
from callscope.api.context import Context
from callscope.api.schemas.analysis import (
    AnalysisRead,
    ChannelReportRead,
    FindingRead,
    InputReportRead,
    LineSoundRead,
    TranscriptComparisonRead,
    WordComparisonRead,
    WordDifferenceRead,
)
from callscope.api.schemas.base import Envelope
from callscope.core.analysis import Analysis
from callscope.core.call import Role
from callscope.core.recording import ChannelReport, Finding, RecordingAnalysis
from callscope.core.transcript import TranscriptComparison, WordComparison
from callscope.services import analyses, calls, transcripts
from callscope.services.keys import Principal

router = APIRouter(prefix="/v1/call", tags=["call"])


@router.get(
    "/{call_id}/analysis",
    response_model=Envelope[AnalysisRead],
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
)
async def get_analysis(
    call_id: UUID, context: Context, principal: Annotated[Principal, Depends(Requires("call:read"))]
) -> Response:
    """Read where a call's analysis stands, why it failed or waits, and what is odd about the recording.

    Not part of the original API.
    """
    async with context.reads() as session:
        await calls.get_call(session, principal.project_id, call_id)
        analysis = await analyses.latest(session, principal.project_id, call_id)
        found = await analyses.read_recording_analysis(session, principal.project_id, call_id)
        comparison = await transcripts.read_comparison(session, principal.project_id, call_id)
    return answer(Envelope(data=_to_read(analysis, found, comparison)))


@router.post(
    "/{call_id}/analysis",
    status_code=HTTPStatus.ACCEPTED,
    response_model=Envelope[AnalysisRead],
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
)
async def rerun_analysis(
    call_id: UUID, context: Context, principal: Annotated[Principal, Depends(Requires("call:update"))]
) -> Response:
    """Analyse a call again, from its stored recording: after an upgrade, or when a first analysis failed.

    While an analysis is under way it is that one which is answered. What there is stays readable, under the version it
    was computed with, until the new analysis replaces it. Not part of the original API.
    """
    async with context.transactions.begin() as session:
        await calls.get_call(session, principal.project_id, call_id)
        analysis = await analyses.rerun(session, principal.project_id, call_id, at=context.clock.now())
        found = await analyses.read_recording_analysis(session, principal.project_id, call_id)
        comparison = await transcripts.read_comparison(session, principal.project_id, call_id)
    return answer(Envelope(data=_to_read(analysis, found, comparison)), status=HTTPStatus.ACCEPTED)


def _to_read(
    analysis: Analysis, found: RecordingAnalysis | None, comparison: TranscriptComparison | None
) -> AnalysisRead:
    return AnalysisRead(
        id=analysis.id,
        call_id=analysis.call_id,
        status=analysis.status,
        stage=analysis.stage,
        attempt_count=analysis.attempt_count,
        reason=analysis.reason,
        next_attempt_at=analysis.next_attempt_at,
        created_at=analysis.created_at,
        finished_at=analysis.finished_at,
        transcription_reason=analysis.transcription_reason,
        input_report=None if found is None else _to_report(found),
        transcript_comparison=None if comparison is None else _to_comparison(comparison),
    )


def _to_comparison(comparison: TranscriptComparison) -> TranscriptComparisonRead:
    return TranscriptComparisonRead(
        reference=comparison.reference,
        other=comparison.other,
        parties=[_to_party(role, compared) for role, compared in comparison.by_role.items()],
    )


def _to_party(role: Role, compared: WordComparison) -> WordComparisonRead:
    return WordComparisonRead(
        role=role,
        reference_word_count=compared.reference_word_count,
        other_word_count=compared.other_word_count,
        error_count=compared.error_count,
        error_rate=compared.error_rate,
        differences=[
            WordDifferenceRead(
                kind=difference.kind,
                reference_words=list(difference.reference_words),
                other_words=list(difference.other_words),
                at_offset_ms=difference.at_offset_ms,
            )
            for difference in compared.differences
        ],
    )


def _to_report(found: RecordingAnalysis) -> InputReportRead:
    probe, report = found.probe, found.report
    return InputReportRead(
        container=probe.container,
        codec=probe.codec,
        sample_rate_hz=probe.sample_rate_hz,
        channel_count=probe.channel_count,
        duration_ms=found.duration_ms,
        is_duplicated_mono=report.is_duplicated_mono,
        is_channel_order_swapped=report.is_channel_order_swapped,
        leading_silence_ms=report.leading_silence_ms,
        trailing_silence_ms=report.trailing_silence_ms,
        channels=[_to_channel(channel) for channel in report.channels],
        findings=[_to_finding(finding) for finding in report.findings],
    )


def _to_channel(channel: ChannelReport) -> ChannelReportRead:
    return ChannelReportRead(
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
        sounds=[
            LineSoundRead(kind=sound.kind, start_offset_ms=sound.start_offset_ms, end_offset_ms=sound.end_offset_ms)
            for sound in channel.sounds
        ],
    )


def _to_finding(finding: Finding) -> FindingRead:
    return FindingRead(
        code=finding.code,
        severity=finding.severity,
        channel_index=finding.channel_index,
        message=finding.message,
        remedy=finding.remedy,
    )
