"""Between metric definitions on the wire and those of the domain."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic.alias_generators import to_camel

from callscope.api.schemas import metric_definition as wire
from callscope.api.schemas.metrics import UnitRead
from callscope.api.validation import exclusive_issues
from callscope.core.errors import InvalidInput, Issue
from callscope.core.metric import MetricScope, ValueType
from callscope.core.metric_definition import (
    Calculation,
    CalculationType,
    ClassificationOption,
    Combinator,
    Condition,
    DefinedMetric,
    Formula,
    GradedContext,
    Judgement,
    MetricSource,
    Outcome,
    Pattern,
    ScaleLabel,
    Tally,
    Threshold,
    Variant,
    WindowMode,
)
from callscope.services.metric_definitions import NewMetric

_OF_ALL = {"calculation_type", "name", "slug", "metric_id", "description", "analysis_package_id"}
_OF_JUDGE = {
    "output_type",
    "llm_prompt",
    "boolean_true_label",
    "boolean_false_label",
    "scale_min",
    "scale_max",
    "scale_labels",
    "classification_options",
    "max_classifications",
    "scope",
    "participant_role",
    "supported_contexts",
}
_OF_PATTERN = {"operation", "trigger", "triggers", "trigger_combinator", "outcome", "window_mode"}
_FIELDS = {
    "LLM_JUDGE": (_OF_JUDGE, ("output_type",)),
    "FORMULA": ({"output_type", "formula", "sources"}, ("output_type", "formula", "sources")),
    "PATTERN": (_OF_PATTERN, ("operation", "outcome")),
}
"""The fields that belong to each kind, and those it needs."""

IMMUTABLE = (
    "slug",
    "metricId",
    "outputType",
    "scope",
    "participantRole",
    "calcType",
    "calculationType",
    "source",
    "analysisPackageId",
    "organizationId",
    "projectId",
    "supportsMultipleVariants",
    "toolDefinitionIds",
)


def to_new_metric(body: wire.DefinitionCreate) -> NewMetric:
    """Return the metric to make. Raises InvalidInput for fields that its kind has not, or lacks."""
    _check_fields(body)
    calculation = _to_calculation(body)
    value_type = calculation.operation.value_type if isinstance(calculation, Pattern) else body.output_type
    return NewMetric(
        name=body.name,
        slug=body.slug or body.metric_id,
        description=body.description,
        value_type=value_type or ValueType.NUMERIC,
        scope=body.scope or MetricScope.GLOBAL,
        role=body.participant_role,
        contexts=tuple(body.supported_contexts or (GradedContext.CALL,)),
        calculation=calculation,
        package_id=body.analysis_package_id,
    )


def to_changes(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is to change of a calculation, by wire name, in the domain's types."""
    changes = {to_camel(name): value for name, value in sent.items()}
    if "scaleLabels" in changes:
        changes["scaleLabels"] = _to_scale_labels(changes["scaleLabels"])
    if "classificationOptions" in changes:
        changes["classificationOptions"] = _to_options(changes["classificationOptions"])
    if "sources" in changes:
        changes["sources"] = tuple(_to_source(each) for each in changes["sources"])
    return changes


def check_immutable(extra: Mapping[str, Any] | None) -> None:
    """Raise InvalidInput that names each field sent that never changes."""
    issues = [
        Issue(path=(name,), code="immutable_field", message=f"`{name}` never changes. Make a new metric instead.")
        for name in IMMUTABLE
        if extra and name in extra
    ]
    if issues:
        raise InvalidInput(issues, code="immutable_field")


def to_threshold(body: wire.ThresholdCreate) -> Threshold:
    """Return the threshold to make; its source is filled in by the service."""
    sent = {name for name, value in body.all_fields().items() if value is not None}
    if issues := exclusive_issues(wire.ThresholdCreate, sent):
        raise InvalidInput(issues)
    limit = body.value if body.value is not None else body.threshold_value
    if limit is None:
        raise InvalidInput.at("value", message="`value` is required: the limit.", code="missing_required_field")
    source = MetricSource(definition_id=UUID(int=0), variant_id=body.source_variant_id)
    return Threshold(
        condition=Condition(
            source=source, operator=body.operator, threshold_value=limit, role=body.source_participant_role
        ),
        aggregation=body.aggregation_mode,
        count_threshold=body.count_threshold,
    )


def to_read(metric: DefinedMetric) -> wire.AnyDefinitionRead:
    """Return a metric as the wire shows it."""
    head = _to_head(metric)
    match metric.calculation:
        case Judgement() as judgement:
            return wire.JudgedRead(**head, **_judged_fields(judgement))
        case Formula() as formula:
            sources = [_source_read(source) for source in formula.sources]
            return wire.FormulaMetricRead(
                **head, formula=wire.FormulaRead(expression=formula.expression, sources=sources)
            )
        case Threshold() as threshold:
            return wire.ThresholdMetricRead(**head, threshold=_threshold_read(threshold))
        case Pattern() as pattern:
            return wire.PatternMetricRead(**head, pattern=_pattern_read(pattern))
        case _:
            return wire.DefinitionRead(**head)


def to_variant_read(variant: Variant) -> wire.VariantRead:
    """Return a variant as the wire shows it."""
    return wire.VariantRead(
        id=variant.id,
        metric_definition_id=variant.definition_id,
        name=variant.name,
        is_default=variant.is_default,
        is_system=variant.is_system,
        version_id=variant.version_id,
        created_at=variant.created_at,
        updated_at=variant.updated_at,
    )


def _check_fields(body: wire.DefinitionCreate) -> None:
    own, needed = _FIELDS[body.calculation_type]
    sent = {name for name, value in body.all_fields().items() if value is not None and name in body.model_fields_set}
    issues = exclusive_issues(wire.DefinitionCreate, sent)
    issues += [
        _issue(name, f"`{to_camel(name)}` is required for {body.calculation_type}.", "missing_required_field")
        for name in needed
        if getattr(body, name) is None
    ]
    issues += [
        _issue(name, f"`{to_camel(name)}` does not belong to {body.calculation_type} metrics. Leave it out.")
        for name in sorted(sent - own - _OF_ALL)
    ]
    if body.calculation_type == CalculationType.PATTERN and not issues:
        triggers = _triggers(body)
        if not triggers:
            issues.append(_issue("trigger", "`trigger` or `triggers` is required for PATTERN."))
        if len(triggers) > 1 and body.trigger_combinator is None:
            issues.append(_issue("trigger_combinator", "`triggerCombinator` is required with several triggers."))
    if issues:
        raise InvalidInput(issues, code=issues[0].code)


def _triggers(body: wire.DefinitionCreate) -> list[wire.ConditionInput]:
    return body.triggers or ([] if body.trigger is None else [body.trigger])


def _issue(name: str, message: str, code: str = "invalid_parameter") -> Issue:
    return Issue(path=(to_camel(name),), code=code, message=message)


def _to_calculation(body: wire.DefinitionCreate) -> Calculation:
    if body.formula is not None:
        return Formula(expression=body.formula, sources=tuple(_to_source(each) for each in body.sources or ()))
    if body.operation is not None and body.outcome is not None:
        return Pattern(
            operation=body.operation,
            triggers=tuple(_to_condition(trigger) for trigger in _triggers(body)),
            outcome=Outcome(
                condition=_to_condition(body.outcome),
                window_after=body.outcome.window_after,
                window_before=body.outcome.window_before,
            ),
            combinator=body.trigger_combinator or Combinator.AND,
            window_mode=body.window_mode or WindowMode.SECONDS,
        )
    return Judgement(
        prompt=body.llm_prompt,
        true_label=body.boolean_true_label,
        false_label=body.boolean_false_label,
        scale_min=body.scale_min,
        scale_max=body.scale_max,
        scale_labels=_to_scale_labels(body.scale_labels or ()),
        options=_to_options(body.classification_options or ()),
        max_classifications=body.max_classifications,
    )


def _to_source(source: wire.SourceInput) -> MetricSource:
    return MetricSource(definition_id=source.source_metric_definition_id, variant_id=source.source_variant_id)


def _to_condition(condition: wire.ConditionInput) -> Condition:
    return Condition(
        source=_to_source(condition),
        operator=condition.operator,
        threshold_value=condition.threshold_value,
        role=condition.source_participant_role,
    )


def _to_scale_labels(labels: Sequence[wire.ScaleLabelInput]) -> tuple[ScaleLabel, ...]:
    return tuple(ScaleLabel(**label.all_fields()) for label in labels)


def _to_options(options: Sequence[wire.OptionInput]) -> tuple[ClassificationOption, ...]:
    return tuple(ClassificationOption(**option.all_fields()) for option in options)


def _to_head(metric: DefinedMetric) -> dict[str, Any]:
    tally = metric.calculation if isinstance(metric.calculation, Tally) else None
    return {
        "id": metric.id,
        "slug": metric.slug,
        "metric_id": metric.slug,
        "name": metric.name,
        "description": metric.description,
        "type": metric.value_type,
        "scope": metric.scope,
        "participant_role": metric.role,
        "supported_contexts": list(metric.contexts),
        "calculation_type": metric.calculation_type,
        "unit": None if metric.unit is None else UnitRead(name=metric.unit.name, symbol=metric.unit.symbol),
        "supported_conversation_sources": None,
        "requires_live_conversation": False,
        "supports_variants": metric.supports_variants,
        "variant_id": metric.variant_id,
        "version_id": metric.version_id,
        "evidence_source": None
        if tally is None
        else wire.EvidenceSourceRead(metric_id=tally.source_slug, counts_when=tally.counts_when),
        "is_system": metric.is_system,
        "analysis_package_id": metric.package_id,
    }


def _judged_fields(judgement: Judgement) -> dict[str, Any]:
    return {
        "llm_prompt": judgement.prompt,
        "boolean_true_label": judgement.true_label,
        "boolean_false_label": judgement.false_label,
        "scale_min": judgement.scale_min,
        "scale_max": judgement.scale_max,
        "scale_labels": [
            wire.ScaleLabelRead(
                range_min=label.range_min,
                range_max=label.range_max,
                label=label.label,
                display_order=label.display_order,
                description=label.description,
                color_hex=label.color_hex,
            )
            for label in judgement.scale_labels
        ],
        "classification_options": [
            wire.OptionRead(label=option.label, description=option.description, display_order=option.display_order)
            for option in judgement.options
        ],
        "max_classifications": judgement.max_classifications,
    }


def _source_read(source: MetricSource) -> wire.SourceRead:
    return wire.SourceRead(source_metric_definition_id=source.definition_id, source_variant_id=source.variant_id)


def _condition_fields(condition: Condition) -> dict[str, Any]:
    return {
        **dict(_source_read(condition.source)),
        "operator": condition.operator,
        "threshold_value": condition.threshold_value,
        "source_participant_role": condition.role,
    }


def _threshold_read(threshold: Threshold) -> wire.ThresholdRead:
    return wire.ThresholdRead(
        **_condition_fields(threshold.condition),
        aggregation_mode=threshold.aggregation,
        count_threshold=threshold.count_threshold,
    )


def _pattern_read(pattern: Pattern) -> wire.PatternRead:
    outcome = pattern.outcome
    return wire.PatternRead(
        operation=pattern.operation,
        triggers=[wire.ConditionRead(**_condition_fields(trigger)) for trigger in pattern.triggers],
        trigger_combinator=pattern.combinator,
        outcome=wire.OutcomeRead(
            **_condition_fields(outcome.condition),
            window_after=outcome.window_after,
            window_before=outcome.window_before,
        ),
        window_mode=pattern.window_mode,
    )
