"""What a project's own metric must be like: the rules of each kind, checked before anything is stored."""

import re
from collections.abc import Iterator
from dataclasses import replace

from callscope.core.errors import InvalidInput, Issue
from callscope.core.metric import MetricScope, ValueType
from callscope.core.metric_definition import (
    MAX_SLUG_LENGTH,
    Calculation,
    Condition,
    DefinedMetric,
    Derivation,
    Formula,
    GradedContext,
    Judgement,
    MetricSource,
    ParticipantRole,
    Pattern,
    Threshold,
)
from callscope.metrics.derived import dependencies, formula, pattern, threshold
from callscope.services.metric_catalogue import Catalogue

MAX_SCALE = 100
GRADED_TYPES = (ValueType.BOOLEAN, ValueType.SCALE, ValueType.NUMERIC, ValueType.COUNT)
CONTEXTS = (
    (GradedContext.CALL,),
    (GradedContext.CALL, GradedContext.SEGMENT),
    (GradedContext.CALL, GradedContext.TURN),
)
_NOT_IN_A_SLUG = re.compile(r"[^a-z0-9]+")


def check(metric: DefinedMetric, catalogue: Catalogue) -> None:
    """Refuse a metric that could not be collected.

    Raises:
        InvalidInput: with one issue per rule broken, at the field's name on the wire.
    """
    issues = [*_context_issues(metric)]
    if isinstance(metric.calculation, Judgement):
        issues += _judgement_issues(metric.value_type, metric.calculation)
    if issues:
        raise InvalidInput(issues)
    if isinstance(metric.calculation, Derivation):
        _check_derivation(metric, metric.calculation, catalogue)


def slug_of(name: str, taken: frozenset[str]) -> str:
    """Return a slug made of a name that no other metric bears: `call_reason`, else `call_reason_2`."""
    stem = _NOT_IN_A_SLUG.sub("_", name.lower()).strip("_")[:MAX_SLUG_LENGTH].strip("_") or "metric"
    slug, number = stem, 2
    while slug in taken:
        suffix = f"_{number}"
        slug, number = stem[: MAX_SLUG_LENGTH - len(suffix)] + suffix, number + 1
    return slug


def normalized(calculation: Calculation, catalogue: Catalogue) -> Calculation:
    """Return the calculation with a source's default variant left unnamed, so that both spellings are one source."""

    def of(source: MetricSource) -> MetricSource:
        metric = catalogue.by_id.get(source.definition_id)
        is_default = metric is not None and metric.variant_id == source.variant_id
        return replace(source, variant_id=None) if is_default else source

    def within(condition: Condition) -> Condition:
        return replace(condition, source=of(condition.source))

    match calculation:
        case Formula():
            return replace(calculation, sources=tuple(of(source) for source in calculation.sources))
        case Threshold():
            return replace(calculation, condition=within(calculation.condition))
        case Pattern():
            outcome = replace(calculation.outcome, condition=within(calculation.outcome.condition))
            return replace(calculation, triggers=tuple(map(within, calculation.triggers)), outcome=outcome)
        case _:
            return calculation


def _judgement_issues(value_type: ValueType, judgement: Judgement) -> Iterator[Issue]:
    is_scale, is_choice = value_type is ValueType.SCALE, value_type is ValueType.CLASSIFICATION
    if not judgement.prompt and not is_choice:
        yield _issue("llmPrompt", f"`llmPrompt` is required for {value_type}: say what the judge looks for.")
    given = {
        "booleanTrueLabel": (judgement.true_label is not None, ValueType.BOOLEAN),
        "booleanFalseLabel": (judgement.false_label is not None, ValueType.BOOLEAN),
        "scaleMin": (judgement.scale_min is not None, ValueType.SCALE),
        "scaleMax": (judgement.scale_max is not None, ValueType.SCALE),
        "scaleLabels": (bool(judgement.scale_labels), ValueType.SCALE),
        "classificationOptions": (bool(judgement.options), ValueType.CLASSIFICATION),
        "maxClassifications": (judgement.max_classifications is not None, ValueType.CLASSIFICATION),
    }
    for name, (is_given, its_type) in given.items():
        if is_given and its_type is not value_type:
            yield _issue(name, f"`{name}` belongs to {its_type} metrics; this one is {value_type}. Leave it out.")
    if is_scale:
        yield from _scale_issues(judgement)
    if is_choice:
        yield from _choice_issues(judgement)


def _scale_issues(judgement: Judgement) -> Iterator[Issue]:
    low, high = judgement.scale_min, judgement.scale_max
    if low is None or high is None:
        missing = "scaleMin" if low is None else "scaleMax"
        yield _issue(missing, f"`{missing}` is required for SCALE: a whole number from 0 to {MAX_SCALE}.")
        return
    if not 0 <= low < high <= MAX_SCALE:
        yield _issue("scaleMin", f"`scaleMin` ({low}) must be below `scaleMax` ({high}), both from 0 to {MAX_SCALE}.")
    for position, label in enumerate(judgement.scale_labels):
        if not low <= label.range_min <= label.range_max <= high:
            message = f"The label {label.label!r} must lie on the scale from {low} to {high}, its start first."
            yield Issue(path=("scaleLabels", position), code="invalid_parameter", message=message)


def _choice_issues(judgement: Judgement) -> Iterator[Issue]:
    labels = [option.label for option in judgement.options]
    if not labels:
        yield _issue("classificationOptions", "`classificationOptions` is required for CLASSIFICATION: the labels.")
        return
    if len(set(labels)) < len(labels):
        yield _issue("classificationOptions", "`classificationOptions` names a label twice. Name each once.")
    most = judgement.max_classifications
    if most is not None and not 1 <= most <= len(labels):
        yield _issue("maxClassifications", f"`maxClassifications` must be from 1 to {len(labels)}, the labels' number.")


def _context_issues(metric: DefinedMetric) -> Iterator[Issue]:
    is_of_party = metric.scope is MetricScope.PER_PARTICIPANT
    if not isinstance(metric.calculation, Judgement):
        return
    if is_of_party and metric.role is None:
        yield _issue("participantRole", "`participantRole` is required with scope PER_PARTICIPANT.")
    if not is_of_party and metric.role is not None:
        yield _issue("participantRole", "`participantRole` goes with scope PER_PARTICIPANT only. Leave it out.")
    if metric.contexts not in CONTEXTS:
        wanted = '["CALL"], ["CALL","SEGMENT"] or ["CALL","TURN"]'
        yield _issue("supportedContexts", f"`supportedContexts` must be {wanted}.")
    elif len(metric.contexts) > 1 and not (is_of_party and metric.value_type in GRADED_TYPES):
        allowed = ", ".join(GRADED_TYPES)
        message = f"Grading parts of a call needs scope PER_PARTICIPANT and one of {allowed}. Use ['CALL'] otherwise."
        yield _issue("supportedContexts", message)
    elif GradedContext.TURN in metric.contexts and metric.role is not ParticipantRole.AGENT:
        yield _issue("supportedContexts", "TURN grades the agent's replies: it needs `participantRole` AGENT.")


def _check_derivation(metric: DefinedMetric, derivation: Derivation, catalogue: Catalogue) -> None:
    sources = {source: _source(source, catalogue) for source in derivation.sources}
    types = {source: each.value_type for source, each in sources.items()}
    match derivation:
        case Formula():
            formula.check(derivation, metric.value_type, {each.definition_id: type_ for each, type_ in types.items()})
        case Threshold():
            threshold.check(derivation, types[derivation.condition.source])
        case Pattern():
            pattern.check(derivation, types)
    read = {**catalogue.sources, metric.id: {source.definition_id for source in derivation.sources}}
    try:
        dependencies.in_order(read)
    except dependencies.CircularSources as error:
        names = " reads ".join(_slug(each, metric, catalogue) for each in error.circle)
        message = f"Metrics cannot read each other in a circle: {names}. Take one of these sources out."
        raise InvalidInput.at("sources", message=message, code="circular_sources") from error


def _source(source: MetricSource, catalogue: Catalogue) -> DefinedMetric:
    metric = catalogue.configured(source)
    if metric is None:
        message = f"There is no metric {source.definition_id} in this project. Use the `id` of one that is listed."
        raise InvalidInput.at("sourceMetricDefinitionId", message=message)
    if source.variant_id not in (None, metric.variant_id):
        message = f"`{metric.slug}` has no variant {source.variant_id}. Use the `id` of one that is listed."
        raise InvalidInput.at("sourceVariantId", message=message)
    return metric


def _slug(definition_id: object, metric: DefinedMetric, catalogue: Catalogue) -> str:
    if definition_id == metric.id:
        return metric.slug
    return next((each.slug for key, each in catalogue.by_id.items() if key == definition_id), str(definition_id))


def _issue(name: str, message: str) -> Issue:
    return Issue(path=(name,), code="invalid_parameter", message=message)
