"""The form of a metric as a page: what it offers, what is wrong with it, and what a trial on a call gave."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from callscope.core.call import Call
from callscope.core.metric import ValueType
from callscope.core.metric_definition import (
    Aggregation,
    CalculationType,
    Combinator,
    Comparison,
    Condition,
    DefinedMetric,
    Formula,
    GradedContext,
    Judgement,
    Pattern,
    PatternOperation,
    Threshold,
    WindowMode,
)
from callscope.services.metric_catalogue import Catalogue
from callscope.web.formatting import constant_words
from callscope.web.metric_form import JUDGED_TYPES, KINDS, LISTS, MetricForm
from callscope.web.views.call import who
from callscope.web.views.metric_catalogue import by_family
from callscope.web.views.metric_words import (
    AGGREGATION_WORDS,
    COMPARISON_WORDS,
    OPERATION_WORDS,
    TYPE_WORDS,
    calculation_words,
    href_of,
    with_slugs,
)
from callscope.web.views.trial import TrialView

Options = tuple[tuple[str, str], ...]

KIND_WORDS = {
    CalculationType.LLM_JUDGE: ("Asked of a judge", "A language model reads the call and answers, with quotes."),
    CalculationType.FORMULA: ("Formula", "Computed from other metrics of the same call."),
    CalculationType.PATTERN: ("Pattern", "Something that happens in a call, and something else soon after."),
    CalculationType.THRESHOLD: ("Threshold", "Whether another metric keeps within a limit."),
}
COMPARISONS: Options = tuple((one.value, COMPARISON_WORDS[one]) for one in Comparison)
PARTIES: Options = (("", "anybody"), ("AGENT", "the agent"), ("CUSTOMER", "the customer"))
CHOICES: Mapping[str, Options] = {
    "outputType": tuple((one.value, TYPE_WORDS[one].capitalize()) for one in JUDGED_TYPES),
    "formulaType": (("NUMERIC", "A number"), ("BOOLEAN", "Yes or no")),
    "speaksOf": (("", "The call"), ("AGENT", "The agent"), ("CUSTOMER", "The customer")),
    "graded": (("", "The call"), ("SEGMENT", "The call and every utterance"), ("TURN", "The call and every reply")),
    "operation": tuple((one.value, OPERATION_WORDS[one]) for one in PatternOperation),
    "combinator": ((Combinator.AND.value, "All of them"), (Combinator.OR.value, "Any of them")),
    "windowMode": ((WindowMode.SECONDS.value, "Seconds"), (WindowMode.SEGMENTS.value, "Turns")),
    "aggregation": tuple((one.value, AGGREGATION_WORDS[one].capitalize()) for one in Aggregation),
    "comparisons": COMPARISONS,
    "parties": PARTIES,
}
AT_FIELDS = frozenset(
    {
        *("name", "slug", "description", "changeReason", "outputType", "llmPrompt", "participantRole"),
        *("supportedContexts", "booleanTrueLabel", "booleanFalseLabel", "scaleMin", "scaleMax", "scaleLabels"),
        *("classificationOptions", "maxClassifications", "formula", "operation", "triggers", "triggerCombinator"),
        *("outcome", "windowMode", "source", "operator", "thresholdValue", "role", "aggregationMode"),
        *("countThreshold", "call", "callAddress"),
    }
)
"""The fields that show their own fault; any other fault stands above the form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricFormPage:
    """Everything on the page. `metric` is the one that is changed, None for a new one."""

    form: MetricForm
    title: str
    about: str
    action: str
    draft_action: str
    back_href: str
    tabs: tuple[tuple[str, str, bool], ...]
    metric: DefinedMetric | None
    unchangeable: str
    choices: Mapping[str, Options]
    sources: tuple[tuple[str, Options], ...]
    placed_sources: tuple[tuple[str, Options], ...]
    calls: Options
    problems: Mapping[str, str]
    loose_problems: tuple[str, ...]
    trial: TrialView | None
    has_judge: bool


def view_form(
    form: MetricForm,
    catalogue: Catalogue,
    calls: Sequence[Call],
    *,
    metric: DefinedMetric | None,
    problems: Mapping[str, str],
    trial: TrialView | None,
    has_judge: bool,
) -> MetricFormPage:
    """Return the page with what was typed, every fault at its field."""
    placed = dict(map(_placed, problems.items()))
    label, about = KIND_WORDS[form.kind]
    base = "/metrics" if metric is None else href_of(metric)
    return MetricFormPage(
        form=form,
        title="New metric" if metric is None else f"Edit {metric.name}",
        about=about if metric is None else f"{label}. What it computes otherwise becomes a new version.",
        action=base if metric is None else f"{base}/edit",
        draft_action=f"{base}/draft",
        back_href=base,
        tabs=()
        if metric is not None
        else tuple((KIND_WORDS[kind][0], f"/metrics/new?kind={kind}", kind is form.kind) for kind in KINDS),
        metric=metric,
        unchangeable=_unchangeable(metric, catalogue),
        choices=CHOICES,
        sources=_sources(catalogue.by_id.values()),
        placed_sources=_sources(one for one in catalogue.by_id.values() if one.contexts != (GradedContext.CALL,)),
        calls=tuple((str(call.id), _call_words(call)) for call in calls),
        problems=placed,
        loose_problems=tuple(message for name, message in placed.items() if name.split(".")[0] not in AT_FIELDS),
        trial=trial,
        has_judge=has_judge,
    )


def empty_form(kind: CalculationType, *, source: str = "", call: str = "") -> MetricForm:
    """Return the form to begin with."""
    rows = {"classificationOptions": 2, "triggers": 1, "scaleLabels": 0}
    fields = {"kind": kind.value, "source": source, "call": call, "outputType": ValueType.BOOLEAN.value}
    if kind is CalculationType.FORMULA:
        fields["outputType"] = ValueType.NUMERIC.value
    return MetricForm(
        kind=kind,
        fields=fields,
        lists={name: tuple(dict.fromkeys(LISTS[name], "") for _ in range(count)) for name, count in rows.items()},
    )


def form_of(metric: DefinedMetric, catalogue: Catalogue, *, name: str) -> MetricForm:
    """Return the form of a metric that is there, to change it or to begin another one with it."""
    base = empty_form(metric.calculation_type if metric.calculation_type in KINDS else CalculationType.LLM_JUDGE)
    further = [context.value for context in metric.contexts if context is not GradedContext.CALL]
    fields: dict[str, Any] = {
        **base.fields,
        "name": name,
        "description": metric.description,
        "outputType": metric.value_type.value,
        "speaksOf": "" if metric.role is None else metric.role.value,
        "graded": further[0] if further and metric.role is not None else "",
    }
    lists = dict(base.lists)
    match metric.calculation:
        case Judgement() as judgement:
            fields |= _judged_fields(judgement)
            lists |= _judged_lists(judgement)
        case Formula(expression=expression):
            fields["formula"] = with_slugs(expression, catalogue)
        case Threshold() as threshold:
            fields |= _condition_row(threshold.condition, catalogue)
            fields["aggregationMode"] = threshold.aggregation.value
            fields["countThreshold"] = _text(threshold.count_threshold)
        case Pattern() as pattern:
            fields |= _pattern_fields(pattern, catalogue)
            lists["triggers"] = tuple(_condition_row(each, catalogue) for each in pattern.triggers)
    return MetricForm(kind=base.kind, fields=fields, lists=lists)


def _judged_fields(judgement: Judgement) -> dict[str, str]:
    return {
        "llmPrompt": judgement.prompt or "",
        "booleanTrueLabel": judgement.true_label or "",
        "booleanFalseLabel": judgement.false_label or "",
        "scaleMin": _text(judgement.scale_min),
        "scaleMax": _text(judgement.scale_max),
        "maxClassifications": _text(judgement.max_classifications),
    }


def _judged_lists(judgement: Judgement) -> dict[str, tuple[dict[str, str], ...]]:
    return {
        "scaleLabels": tuple(
            {
                "rangeMin": f"{one.range_min:g}",
                "rangeMax": f"{one.range_max:g}",
                "label": one.label,
                "description": one.description or "",
            }
            for one in judgement.scale_labels
        ),
        "classificationOptions": tuple(
            {"label": one.label, "description": one.description} for one in judgement.options
        ),
    }


def _pattern_fields(pattern: Pattern, catalogue: Catalogue) -> dict[str, str]:
    outcome = pattern.outcome
    return {
        "operation": pattern.operation.value,
        "triggerCombinator": pattern.combinator.value,
        "windowMode": pattern.window_mode.value,
        "outcome.windowAfter": str(outcome.window_after),
        "outcome.windowBefore": str(outcome.window_before),
        **{f"outcome.{name}": value for name, value in _condition_row(outcome.condition, catalogue).items()},
    }


def _condition_row(condition: Condition, catalogue: Catalogue) -> dict[str, str]:
    source = catalogue.by_id.get(condition.source.definition_id)
    return {
        "source": "" if source is None else source.slug,
        "operator": condition.operator.value,
        "thresholdValue": condition.threshold_value,
        "role": "" if condition.role is None else condition.role.value,
    }


def _text(number: int | None) -> str:
    return "" if number is None else str(number)


def _unchangeable(metric: DefinedMetric | None, catalogue: Catalogue) -> str:
    """Return what a metric computes where that never changes."""
    if metric is None or not isinstance(metric.calculation, Threshold | Pattern):
        return ""
    return calculation_words(metric.calculation, catalogue)


def _placed(problem: tuple[str, str]) -> tuple[str, str]:
    """Return a fault at the field of the form that it is of."""
    name, message = problem
    name = f"triggers.0.{name.removeprefix('trigger.')}" if name.startswith("trigger.") else name
    name = "formula" if name.split(".")[0] == "sources" else name
    return name.replace("sourceMetricDefinitionId", "source"), message


def _sources(metrics: Iterable[DefinedMetric]) -> tuple[tuple[str, Options], ...]:
    return tuple(
        (constant_words(family), tuple((metric.slug, f"{metric.name} ({metric.slug})") for metric in members))
        for family, members in by_family(metrics)
    )


def _call_words(call: Call) -> str:
    title = f", {call.title}" if call.title else ""
    return f"{call.started_at:%Y-%m-%d %H:%M} UTC, {who(call)}{title}"


def kind_named(name: str) -> CalculationType:
    """Return the kind of a metric by its name, the judged one for a name that is none."""
    return next((kind for kind in KINDS if kind == name), KINDS[0])
