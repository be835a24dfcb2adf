"""From the domain's metric values to the wire's."""

from typing import Any

from callscope.api.schemas.metrics import (
    EvidenceSpanRead,
    FlatMetricRead,
    MetricGroupRead,
    MetricHead,
    MetricValueRead,
    PropertyVerdictRead,
    SegmentRead,
    UnitRead,
)
from callscope.core.metric import MetricContext, ValueState
from callscope.services.call_metrics import AnchoredValue, CheckedProperty, MetricGroup, SpokenSegment


def to_group(group: MetricGroup) -> MetricGroupRead:
    """Return a metric with its values."""
    return MetricGroupRead(**dict(_to_head(group)), values=[_to_value(value) for value in group.values])


def to_flat(group: MetricGroup) -> list[FlatMetricRead]:
    """Return each value with what its metric is."""
    head = dict(_to_head(group))
    return [FlatMetricRead(**head, **dict(_to_value(value))) for value in group.values]


def _to_head(group: MetricGroup) -> MetricHead:
    definition = group.definition
    return MetricHead(
        metric_definition_id=definition.id,
        slug=definition.slug,
        metric_id=definition.slug,
        name=definition.name,
        description=definition.description,
        type=definition.value_type,
        scope=definition.scope,
        unit=None if definition.unit is None else UnitRead(name=definition.unit.name, symbol=definition.unit.symbol),
    )


def _to_value(anchored: AnchoredValue) -> MetricValueRead:
    value = anchored.computed.value
    return MetricValueRead(
        capture_status=value.state,
        value=value.value,
        confidence=value.confidence if value.state is ValueState.SUCCESS else None,
        value_reasoning=value.reason,
        error_message=value.reason if value.state is ValueState.ERROR else None,
        computed_at=anchored.computed.computed_at,
        context=value.context,
        participant_role=None if value.role is None else value.role.value,
        evidence_spans=[
            EvidenceSpanRead(
                from_segment=_to_segment(span.segment), to_segment=_to_segment(span.segment), reason=span.reason
            )
            for span in anchored.evidence
        ]
        or None,
        property_verdicts=[_to_property(each) for each in anchored.properties] or None,
        policy_ids=list(anchored.policy_ids) or None,
        **_anchors(value.context, anchored.segments),
    )


def _to_property(checked: CheckedProperty) -> PropertyVerdictRead:
    verdict = checked.verdict
    return PropertyVerdictRead(
        property_name=verdict.name,
        expected_value=verdict.expected_value,
        verdict=verdict.verdict,
        observed_value=verdict.observed_value,
        reasoning=verdict.reason,
        segment=None if checked.segment is None else _to_segment(checked.segment),
    )


def _anchors(context: MetricContext, segments: tuple[SpokenSegment, ...]) -> dict[str, Any]:
    match context, [_to_segment(segment) for segment in segments]:
        case MetricContext.SEGMENT, [only]:
            return {"segment": only}
        case MetricContext.SEGMENT_RANGE, [first, *_, last]:
            return {"from_segment": first, "to_segment": last}
    return {}


def _to_segment(segment: SpokenSegment) -> SegmentRead:
    return SegmentRead(
        id=segment.id,
        text=segment.text,
        start_offset_ms=segment.start_offset_ms,
        end_offset_ms=segment.end_offset_ms,
    )
