"""The analysis of a call: begun with it, moved from stage to stage, read by pages and API."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.analysis import Analysis, AnalysisStatus, ComputedValue, Stage
from callscope.core.conversation import Conversation
from callscope.core.errors import NotFound
from callscope.core.ids import new_id
from callscope.core.jobs import FAIR_QUEUES, QUEUE_OF_JOB, JobName
from callscope.core.metric import MetricValue
from callscope.core.recording import MeasuredRecording, Peaks, Recording, RecordingAnalysis
from callscope.core.standing import Standing
from callscope.core.webhook import WebhookEvent
from callscope.services import call_figures, events
from callscope.storage import (
    analyses,
    calls,
    fair_turns,
    jobs,
    measurements,
    notifications,
    recording_analyses,
    recordings,
)
from callscope.storage import standings as storage_standings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

JOB_OF_STAGE = {
    Stage.TRANSCRIPT: JobName.MEASURE_TRANSCRIPT,
    Stage.FETCH: JobName.FETCH_RECORDING,
    Stage.MEASURE: JobName.MEASURE_RECORDING,
    Stage.TRANSCRIBE: JobName.TRANSCRIBE_RECORDING,
    Stage.CONCLUDE: JobName.CONCLUDE_ANALYSIS,
}
FIRST_STAGE = next(iter(Stage))


class AnalysisNotFound(NotFound):
    """The call has no analysis, or is not visible to this project."""


async def begin(session: "AsyncSession", project_id: UUID, call_id: UUID, *, at: datetime) -> None:
    """Queue an analysis of a call, from the first stage on."""
    analysis_id = new_id()
    await analyses.add(session, analysis_id, project_id=project_id, call_id=call_id, at=at)
    await _defer(session, project_id, analysis_id, FIRST_STAGE)


async def rerun(session: "AsyncSession", project_id: UUID, call_id: UUID, *, at: datetime) -> Analysis:
    """Queue another analysis of a call that was analysed, or return the one that is still under way.

    Every value stays as it is, under the version it was computed with, until a stage of the new analysis replaces it.
    A recording in the store is measured from there; one that could not be fetched before is fetched anew.
    Raises AnalysisNotFound.
    """
    before = await latest(session, project_id, call_id)
    # Of two requests at once the second waits here, and then finds the first one's analysis.
    await analyses.lock(session, before.id)
    current = await latest(session, project_id, call_id)
    if not current.status.is_final:
        return current
    analysis_id = new_id()
    stage = await _first_stage_anew(session, project_id, call_id)
    await analyses.add(session, analysis_id, project_id=project_id, call_id=call_id, at=at, stage=stage)
    await _defer(session, project_id, analysis_id, stage)
    return await latest(session, project_id, call_id)


async def _first_stage_anew(session: "AsyncSession", project_id: UUID, call_id: UUID) -> Stage:
    if await recordings.of_call(session, project_id=project_id, call_id=call_id):
        return Stage.MEASURE
    return Stage.FETCH if await recordings.sources_of_call(session, call_id) else Stage.TRANSCRIPT


async def cancel(session: "AsyncSession", *, project_id: UUID, call_ids: Collection[UUID], at: datetime) -> None:
    """Cancel what is still open of calls that are deleted. A stage under way writes nothing any more."""
    for analysis in await analyses.cancel_open(session, project_id=project_id, call_ids=call_ids, at=at):
        await _tell(session, analysis, WebhookEvent.CALL_ANALYSIS_CANCELLED)


async def open_at(session: "AsyncSession", analysis_id: UUID, stage: Stage) -> Analysis | None:
    """Return the analysis if `stage` is still to be done, without holding it."""
    return _if_open_at(await analyses.read(session, analysis_id), stage)


async def claim(session: "AsyncSession", analysis_id: UUID, stage: Stage) -> Analysis | None:
    """Return the analysis if `stage` is still to be done, and hold it to the end of the transaction.

    Whoever writes a stage's results claims it first: of two runs of one stage the second finds it done.
    """
    return _if_open_at(await analyses.lock(session, analysis_id), stage)


async def advance(session: "AsyncSession", analysis: Analysis, *, at: datetime) -> None:
    """Leave the claimed stage behind: queue the next, or complete the analysis after the last."""
    following = analysis.stage.next
    if following is None:
        await analyses.finish(session, analysis.id, AnalysisStatus.COMPLETED, reason=None, at=at)
        await _tell(session, analysis, WebhookEvent.CALL_ANALYSIS_COMPLETED)
        return
    await analyses.enter_stage(session, analysis.id, following, at=at)
    await notifications.tell(session, analysis.project_id, analysis.call_id)
    await _defer(session, analysis.project_id, analysis.id, following)


async def pass_over(session: "AsyncSession", analysis: Analysis, *, reason: str, at: datetime) -> None:
    """Go on without the claimed, optional stage; `reason` tells a person what is missing for it and what to do."""
    await record_transcription(session, analysis, reason=reason)
    await advance(session, analysis, at=at)


async def record_transcription(session: "AsyncSession", analysis: Analysis, *, reason: str | None) -> None:
    """Write why no words were recognised; None when they were, or none were wanted."""
    await analyses.record_transcription(session, analysis.id, reason=reason)


async def postpone(session: "AsyncSession", analysis: Analysis, *, reason: str, until: datetime) -> None:
    """Try the claimed stage again at `until`; `reason` tells a person why it failed this time."""
    await analyses.record_failed_attempt(session, analysis.id, reason=reason, next_attempt_at=until)
    await notifications.tell(session, analysis.project_id, analysis.call_id)
    await _defer(session, analysis.project_id, analysis.id, analysis.stage, schedule_at=until)


async def fail(session: "AsyncSession", analysis: Analysis, *, reason: str, at: datetime) -> None:
    """Give the claimed analysis up; `reason` tells a person why and what to do."""
    await analyses.finish(session, analysis.id, AnalysisStatus.FAILED, reason=reason, at=at)
    await call_figures.refresh(session, analysis.project_id, analysis.call_id)
    await _tell(session, analysis, WebhookEvent.CALL_ANALYSIS_FAILED, errorMessage=reason)


async def record_measurement(
    session: "AsyncSession",
    analysis: Analysis,
    *,
    conversation: Conversation | None,
    values: Sequence[MetricValue],
    at: datetime,
) -> None:
    """Write a wave's conversation and values over those of the wave before."""
    await measurements.save_conversation(
        session, project_id=analysis.project_id, call_id=analysis.call_id, conversation=conversation, at=at
    )
    await measurements.save_values(
        session, project_id=analysis.project_id, call_id=analysis.call_id, values=values, at=at
    )
    await call_figures.refresh(session, analysis.project_id, analysis.call_id)


async def record_values(
    session: "AsyncSession", analysis: Analysis, *, values: Sequence[MetricValue], at: datetime
) -> None:
    """Write values over those there are of their metrics."""
    await measurements.save_values(
        session, project_id=analysis.project_id, call_id=analysis.call_id, values=values, at=at
    )


async def record_recording_analysis(
    session: "AsyncSession", analysis: Analysis, *, recording: Recording, found: RecordingAnalysis, at: datetime
) -> None:
    """Write what the pass over a recording found, under the digest of its bytes."""
    await recording_analyses.save(
        session,
        project_id=analysis.project_id,
        call_id=analysis.call_id,
        recording_id=recording.id,
        input_sha256=recording.sha256,
        analysis=found,
        at=at,
    )


async def record_duration(session: "AsyncSession", analysis: Analysis, *, at: datetime) -> None:
    """Give the call the duration its recording shows; a call without a measured recording keeps what it has."""
    found = await recording_analyses.read_duration_ms(session, project_id=analysis.project_id, call_id=analysis.call_id)
    if found is not None:
        await calls.set_duration(session, analysis.call_id, found, at=at)


async def latest(session: "AsyncSession", project_id: UUID, call_id: UUID) -> Analysis:
    """Return the newest analysis of a call. Raises AnalysisNotFound."""
    found = await analyses.latest(session, project_id=project_id, call_id=call_id)
    if found is None:
        raise AnalysisNotFound(f"There is no analysis of a call {call_id} in this project.", param="callId")
    return found


async def find(session: "AsyncSession", project_id: UUID, analysis_id: UUID) -> Analysis | None:
    """Return an analysis of the project, None when there is none of that id."""
    found = await analyses.read(session, analysis_id)
    return found if found is not None and found.project_id == project_id else None


async def history(session: "AsyncSession", project_id: UUID, call_id: UUID) -> tuple[Analysis, ...]:
    """Return all analyses of a call, newest first."""
    return await analyses.of_call(session, project_id=project_id, call_id=call_id)


async def standings(
    session: "AsyncSession", project_id: UUID, call_id: UUID, *, among: int = 500
) -> tuple[Standing, ...]:
    """Return where the call's values stand among those of the newest `among` calls."""
    return await storage_standings.of_call(session, project_id, call_id, among=among)


async def read_conversation(session: "AsyncSession", project_id: UUID, call_id: UUID) -> Conversation | None:
    """Return who spoke when, None while nobody could be timed."""
    return await measurements.read_conversation(session, project_id=project_id, call_id=call_id)


async def read_values(session: "AsyncSession", project_id: UUID, call_id: UUID) -> tuple[ComputedValue, ...]:
    """Return every metric value of a call, in all four states."""
    return await measurements.read_values(session, project_id=project_id, call_id=call_id)


async def latest_of_calls(
    session: "AsyncSession", project_id: UUID, call_ids: Collection[UUID]
) -> dict[UUID, Analysis]:
    """Return the newest analysis of each call that has one."""
    return await analyses.latest_of_calls(session, project_id=project_id, call_ids=call_ids)


async def has_conversation(session: "AsyncSession", project_id: UUID, call_id: UUID) -> bool:
    """Tell whether the parties of a call could be timed, without reading how."""
    return await measurements.has_conversation(session, project_id=project_id, call_id=call_id)


async def read_values_of_calls(
    session: "AsyncSession",
    project_id: UUID,
    call_ids: Collection[UUID],
    *,
    slugs: Collection[str] | None = None,
    evidence_limit: int,
) -> dict[UUID, tuple[MetricValue, ...]]:
    """Return the values that speak of each call as a whole, of the metrics named or of all.

    Each comes with the first `evidence_limit` pieces of its evidence, which grows with the call.
    """
    return await measurements.read_values_of_calls(
        session, project_id=project_id, call_ids=call_ids, slugs=slugs, evidence_limit=evidence_limit
    )


async def read_values_between(
    session: "AsyncSession", project_id: UUID, call_id: UUID, *, slug: str, since_ms: int, until_ms: int
) -> tuple[MetricValue, ...]:
    """Return the values of a metric whose last segment starts from `since_ms` to before `until_ms`."""
    return await measurements.read_values_between(
        session, project_id=project_id, call_id=call_id, slug=slug, since_ms=since_ms, until_ms=until_ms
    )


async def read_measured_recording(session: "AsyncSession", project_id: UUID, call_id: UUID) -> MeasuredRecording | None:
    """Return probe, channels and input report of the measured recording, None before it was measured."""
    return await recording_analyses.read_measured(session, project_id=project_id, call_id=call_id)


async def read_recording_analysis(session: "AsyncSession", project_id: UUID, call_id: UUID) -> RecordingAnalysis | None:
    """Return probe, channels, input report and peaks of the measured recording, None before it was measured."""
    return await recording_analyses.read(session, project_id=project_id, call_id=call_id)


async def read_peaks(session: "AsyncSession", project_id: UUID, call_id: UUID) -> Peaks | None:
    """Return the waveform of the measured recording, None before it was measured."""
    return await recording_analyses.read_peaks(session, project_id=project_id, call_id=call_id)


async def _defer(
    session: "AsyncSession", project_id: UUID, analysis_id: UUID, stage: Stage, *, schedule_at: datetime | None = None
) -> None:
    job = JOB_OF_STAGE[stage]
    queue = QUEUE_OF_JOB[job]
    priority = await fair_turns.take(session, project_id, queue) if queue in FAIR_QUEUES else 0
    args = {"analysis_id": str(analysis_id)}
    await jobs.defer(session, job, args=args, schedule_at=schedule_at, priority=priority)


async def _tell(session: "AsyncSession", analysis: Analysis, event: WebhookEvent, **further: str) -> None:
    await notifications.tell(session, analysis.project_id, analysis.call_id)
    ids = {
        "callId": str(analysis.call_id),
        "callAnalysisJobId": str(analysis.id),
        "projectId": str(analysis.project_id),
    }
    await events.emit(
        session,
        project_id=analysis.project_id,
        event_type=event,
        call_id=analysis.call_id,
        data={**ids, **further},
    )


def _if_open_at(analysis: Analysis | None, stage: Stage) -> Analysis | None:
    if analysis is None or analysis.status.is_final or analysis.stage is not stage:
        return None
    return analysis
