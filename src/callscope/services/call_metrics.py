"""The metric values of one call, grouped by metric, with the words spoken where they were measured."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from callscope.core.analysis import ComputedValue
from callscope.core.call import Call, Role
from callscope.core.metric import MetricValue, PropertyVerdict, ValueState
from callscope.core.metric_definition import DefinedMetric
from callscope.core.transcript import TranscriptEntry
from callscope.metrics.judging.dialogue import absent
from callscope.services import analyses, calls, transcripts
from callscope.services.judging import NO_JUDGE
from callscope.services.metric_catalogue import Catalogue, is_judged, read_catalogue
from callscope.storage import collection_jobs

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

NOT_COLLECTED = (
    "not judged: no active metric policy collects it of this call. Add it to a policy, or score the call "
    "(POST /v1/metric/collection-jobs)."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenSegment:
    """A stretch of a call with what was said in it; `id` is the same whenever the stretch is."""

    id: UUID
    text: str
    start_offset_ms: int
    end_offset_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenEvidence:
    """A stretch that decided a value, and why."""

    segment: SpokenSegment
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedProperty:
    """What was found of one property of the call, and where."""

    verdict: PropertyVerdict
    segment: SpokenSegment | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchoredValue:
    """A value with its segments and evidence in words, and the policies it was collected for."""

    computed: ComputedValue
    segments: tuple[SpokenSegment, ...]
    evidence: tuple[SpokenEvidence, ...]
    properties: tuple[CheckedProperty, ...] = ()
    policy_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricGroup:
    """One metric and its values in one call."""

    definition: DefinedMetric
    values: tuple[AnchoredValue, ...]


async def list_call_metrics(
    session: "AsyncSession", project_id: UUID, call_id: UUID, *, is_success_only: bool, has_judge: bool = False
) -> tuple[MetricGroup, ...]:
    """Return the call's values by metric: those of the installation, then the project's own.

    Of each metric these are the values of the job that was started last. Metrics without any value are left out, but
    for those that only a judge can give, which say why there is none. Values of a metric that is not there any more
    are not returned: nobody could say what they mean. Raises CallNotFound.
    """
    transcript = await transcripts.read_transcript(session, project_id, call_id)
    entries = () if transcript is None else transcript.entries
    found = [
        computed
        for computed in await analyses.read_values(session, project_id, call_id)
        if computed.value.state is ValueState.SUCCESS or not is_success_only
    ]
    catalogue = await read_catalogue(session, project_id)
    groups = await group_values(session, found, call_id, entries, catalogue)
    if is_success_only:
        return groups
    shown = {group.definition.id for group in groups}
    unasked = (metric for metric in catalogue.by_id.values() if metric.id not in shown)
    call = await calls.get_call(session, project_id, call_id)
    return (*groups, *_unjudged(unasked, call, has_judge=has_judge))


async def group_values(
    session: "AsyncSession",
    found: Sequence[ComputedValue],
    call_id: UUID,
    entries: Sequence[TranscriptEntry],
    catalogue: Catalogue,
) -> tuple[MetricGroup, ...]:
    """Return values of one call by metric, with the words spoken where they were measured."""
    job_ids = {computed.job_id for computed in found if computed.job_id is not None}
    policies = await collection_jobs.policies_of(session, job_ids) if job_ids else {}
    by_slug: dict[str, list[AnchoredValue]] = {}
    for computed in found:
        policy_ids = () if computed.job_id is None else policies.get(computed.job_id, ())
        by_slug.setdefault(computed.value.slug, []).append(_anchor(computed, call_id, entries, policy_ids))
    return tuple(
        MetricGroup(definition=metric, values=tuple(by_slug[metric.slug]))
        for metric in catalogue.by_id.values()
        if metric.slug in by_slug
    )


def group_of(
    metric: DefinedMetric,
    values: Sequence[MetricValue],
    call_id: UUID,
    entries: Sequence[TranscriptEntry],
    *,
    at: datetime,
) -> MetricGroup:
    """Return values that are stored nowhere as a group, with the words spoken where they were measured."""
    computed = (
        ComputedValue(id=uuid5(call_id, f"{metric.id}/{position}"), value=value, computed_at=at)
        for position, value in enumerate(values)
    )
    return MetricGroup(definition=metric, values=tuple(_anchor(each, call_id, entries, ()) for each in computed))


def _unjudged(metrics: Iterable[DefinedMetric], call: Call, *, has_judge: bool) -> Iterator[MetricGroup]:
    """Yield, of metrics that only a judge gives, the statement that none was asked."""
    reason = NOT_COLLECTED if has_judge else NO_JUDGE
    for metric in metrics:
        if is_judged(metric):
            value = absent(metric, ValueState.DATA_MISSING, reason)
            computed = ComputedValue(id=uuid5(call.id, metric.slug), value=value, computed_at=call.created_at)
            yield MetricGroup(definition=metric, values=(AnchoredValue(computed=computed, segments=(), evidence=()),))


def _anchor(
    computed: ComputedValue, call_id: UUID, entries: Sequence[TranscriptEntry], policy_ids: tuple[UUID, ...]
) -> AnchoredValue:
    value = computed.value
    return AnchoredValue(
        computed=computed,
        segments=tuple(
            _segment(call_id, segment.role, segment.start_offset_ms, segment.end_offset_ms, entries)
            for segment in value.segments
        ),
        evidence=tuple(
            SpokenEvidence(
                segment=_segment(call_id, span.role, span.start_offset_ms, span.end_offset_ms, entries),
                reason=span.reason,
            )
            for span in value.evidence
        ),
        properties=tuple(
            CheckedProperty(
                verdict=verdict,
                segment=None
                if verdict.span is None
                else _segment(
                    call_id, verdict.span.role, verdict.span.start_offset_ms, verdict.span.end_offset_ms, entries
                ),
            )
            for verdict in value.property_verdicts
        ),
        policy_ids=policy_ids,
    )


def _segment(
    call_id: UUID, role: Role | None, start_offset_ms: int, end_offset_ms: int, entries: Iterable[TranscriptEntry]
) -> SpokenSegment:
    said = (
        entry.text
        for entry in entries
        if entry.start_offset_ms < end_offset_ms
        and entry.end_offset_ms > start_offset_ms
        and role in (None, entry.role)
    )
    return SpokenSegment(
        id=uuid5(call_id, f"segment/{role or ''}/{start_offset_ms}/{end_offset_ms}"),
        text=" ".join(said),
        start_offset_ms=start_offset_ms,
        end_offset_ms=end_offset_ms,
    )
