"""The metric values of one call, grouped by metric, with the words spoken where they were measured."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from callscope.core.analysis import ComputedValue
from callscope.core.call import Role
from callscope.core.metric import ValueState
from callscope.core.transcript import TranscriptEntry
from callscope.metrics import registry
from callscope.metrics.definition import MetricDefinition
from callscope.services import analyses, transcripts

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


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
class AnchoredValue:
    """A value with its segments and evidence in words."""

    computed: ComputedValue
    segments: tuple[SpokenSegment, ...]
    evidence: tuple[SpokenEvidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricGroup:
    """One metric and its values in one call."""

    definition: MetricDefinition
    values: tuple[AnchoredValue, ...]


async def list_call_metrics(
    session: "AsyncSession", project_id: UUID, call_id: UUID, *, is_success_only: bool
) -> tuple[MetricGroup, ...]:
    """Return the call's values by metric, in the catalogue's order; metrics without any are left out.

    Values of a metric that is not installed any more are not returned: nobody could say what they mean.
    Raises CallNotFound.
    """
    transcript = await transcripts.read_transcript(session, project_id, call_id)
    entries = () if transcript is None else transcript.entries
    by_slug: dict[str, list[AnchoredValue]] = {}
    for computed in await analyses.read_values(session, project_id, call_id):
        if computed.value.state is ValueState.SUCCESS or not is_success_only:
            by_slug.setdefault(computed.value.slug, []).append(_anchor(computed, call_id, entries))
    return tuple(
        MetricGroup(definition=definition, values=tuple(by_slug[definition.slug]))
        for definition in registry.definitions()
        if definition.slug in by_slug
    )


def _anchor(computed: ComputedValue, call_id: UUID, entries: Sequence[TranscriptEntry]) -> AnchoredValue:
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
