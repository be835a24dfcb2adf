"""The form of a metric: what was typed, made into a metric to make or into changes of one."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from callscope.core.errors import NotFound
from callscope.core.metric import MetricScope, ValueType
from callscope.core.metric_definition import (
    MAX_DESCRIPTION_LENGTH,
    MAX_LABEL_LENGTH,
    MAX_LABELS,
    MAX_NAME_LENGTH,
    MAX_PROMPT_LENGTH,
    MAX_SLUG_LENGTH,
    MAX_WINDOW,
    SLUG_PATTERN,
    Aggregation,
    Calculation,
    CalculationType,
    ClassificationOption,
    Combinator,
    Comparison,
    Condition,
    Formula,
    GradedContext,
    Judgement,
    MetricSource,
    Outcome,
    ParticipantRole,
    Pattern,
    PatternOperation,
    ScaleLabel,
    Threshold,
    WindowMode,
)
from callscope.services.metric_catalogue import Catalogue
from callscope.services.metric_definitions import NewMetric
from callscope.web.form_reading import FieldReader, Rows, rows_of

CONDITION = ("source", "operator", "thresholdValue", "role")
LISTS: Mapping[str, tuple[str, ...]] = {
    "scaleLabels": ("rangeMin", "rangeMax", "label", "description"),
    "classificationOptions": ("label", "description"),
    "triggers": CONDITION,
}
"""The lists of the form, each with the columns of a row."""
KINDS = (CalculationType.LLM_JUDGE, CalculationType.FORMULA, CalculationType.PATTERN, CalculationType.THRESHOLD)
JUDGED_TYPES = (
    ValueType.BOOLEAN,
    ValueType.SCALE,
    ValueType.CLASSIFICATION,
    ValueType.NUMERIC,
    ValueType.COUNT,
    ValueType.TEXT,
)
LABELS = {
    "name": "Name",
    "slug": "Slug",
    "llmPrompt": "What the judge looks for",
    "booleanTrueLabel": "When the answer is yes",
    "booleanFalseLabel": "When the answer is no",
    "scaleMin": "Lowest",
    "scaleMax": "Highest",
    "classificationOptions": "Labels",
    "maxClassifications": "Labels a call may get",
    "participantRole": "Speaks of",
    "supportedContexts": "Graded",
    "outputType": "Answer",
}
REFERENCE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricForm:
    """What stands in the form, as typed: `fields` by name, `lists` by name as rows."""

    kind: CalculationType
    fields: Mapping[str, str]
    lists: Mapping[str, Rows]

    def get(self, name: str, default: str = "") -> str:
        """Return what stands in a field."""
        return self.fields.get(name, default)

    def with_row(self, name: str) -> "MetricForm":
        """Return the form with one more empty row in a list."""
        row = dict.fromkeys(LISTS[name], "")
        return replace(self, lists={**self.lists, name: (*self.lists[name], row)[:MAX_LABELS]})

    def without_row(self, name: str, position: int) -> "MetricForm":
        """Return the form without a row of a list."""
        kept = tuple(row for at, row in enumerate(self.lists[name]) if at != position)
        return replace(self, lists={**self.lists, name: kept})


def read_form(pairs: Iterable[tuple[str, str]]) -> MetricForm:
    """Return what a form sent."""
    sent = list(pairs)
    fields = {name: value for name, value in sent if name.split(".")[0] not in LISTS}
    kind = next((one for one in KINDS if one == fields.get("kind")), KINDS[0])
    return MetricForm(
        kind=kind, fields=fields, lists={name: rows_of(sent, name, columns) for name, columns in LISTS.items()}
    )


def to_threshold(form: MetricForm, catalogue: Catalogue) -> tuple[UUID, Threshold]:
    """Return the metric that a threshold is on, and the threshold. Raises InvalidInput."""
    reader = FieldReader()
    condition = _condition(reader, form.fields, (), catalogue)
    threshold = Threshold(
        condition=condition,
        aggregation=reader.choice(form.get("aggregationMode", Aggregation.EACH), Aggregation, "aggregationMode"),
        count_threshold=reader.whole(form.get("countThreshold"), "countThreshold"),
    )
    _names(reader, form, is_named=False)
    reader.check()
    return condition.source.definition_id, threshold


def to_new_metric(form: MetricForm, catalogue: Catalogue) -> NewMetric:
    """Return the metric that the form describes, of every kind but a threshold. Raises InvalidInput."""
    reader = FieldReader()
    name, slug, description = _names(reader, form)
    value_type, calculation = _calculation(reader, form, catalogue)
    role = ParticipantRole(form.get("speaksOf")) if form.get("speaksOf") in tuple(ParticipantRole) else None
    reader.check()
    return NewMetric(
        name=name,
        slug=slug or None,
        description=description,
        value_type=value_type,
        scope=MetricScope.GLOBAL if role is None else MetricScope.PER_PARTICIPANT,
        role=role,
        contexts=contexts_of(form),
        calculation=calculation,
        package_id=None,
    )


def to_changes(form: MetricForm, before: Calculation, catalogue: Catalogue) -> dict[str, Any]:
    """Return what the form changes of a calculation, named as `metric_definitions.CHANGEABLE` has it.

    Raises InvalidInput.
    """
    reader = FieldReader()
    changes: dict[str, Any] = {}
    reader.text(form.get("name"), "name", longest=MAX_NAME_LENGTH, missing="Give it a name.")
    reader.text(form.get("changeReason"), "changeReason", longest=MAX_DESCRIPTION_LENGTH)
    if isinstance(before, Judgement):
        _, judgement = _judgement(reader, form)
        changes = {
            "llmPrompt": judgement.prompt,
            "booleanTrueLabel": judgement.true_label,
            "booleanFalseLabel": judgement.false_label,
            "scaleMin": judgement.scale_min,
            "scaleMax": judgement.scale_max,
            "scaleLabels": judgement.scale_labels,
            "classificationOptions": judgement.options,
            "maxClassifications": judgement.max_classifications,
        }
    elif isinstance(before, Formula):
        formula = _formula(reader, form, catalogue)
        pinned = {source.definition_id: source for source in before.sources}
        sources = tuple(pinned.get(source.definition_id, source) for source in formula.sources)
        changes = {"formula": formula.expression, "sources": sources}
    reader.check()
    return changes


def contexts_of(form: MetricForm) -> tuple[GradedContext, ...]:
    """Return what is graded beside the call as a whole."""
    known = {one.value: one for one in GradedContext if one is not GradedContext.CALL}
    further = known.get(form.get("graded"))
    return (GradedContext.CALL,) if further is None else (GradedContext.CALL, further)


def _names(reader: FieldReader, form: MetricForm, *, is_named: bool = True) -> tuple[str, str, str]:
    missing = "Give it a name." if is_named else ""
    slug = reader.text(form.get("slug"), "slug", longest=MAX_SLUG_LENGTH)
    if slug and not re.fullmatch(SLUG_PATTERN, slug):
        reader.note("slug", message="Small letters, digits and _ only, a letter or digit first.")
    return (
        reader.text(form.get("name"), "name", longest=MAX_NAME_LENGTH, missing=missing),
        slug,
        reader.text(form.get("description"), "description", longest=MAX_DESCRIPTION_LENGTH),
    )


def _calculation(reader: FieldReader, form: MetricForm, catalogue: Catalogue) -> tuple[ValueType, Calculation]:
    if form.kind is CalculationType.LLM_JUDGE:
        return _judgement(reader, form)
    if form.kind is CalculationType.FORMULA:
        is_truth = form.get("outputType") == ValueType.BOOLEAN
        return ValueType.BOOLEAN if is_truth else ValueType.NUMERIC, _formula(reader, form, catalogue)
    pattern = _pattern(reader, form, catalogue)
    return pattern.operation.value_type, pattern


def _judgement(reader: FieldReader, form: MetricForm) -> tuple[ValueType, Judgement]:
    """Return what the judge is asked; fields of other answers than the chosen one are passed over."""
    value_type = reader.choice(form.get("outputType", ValueType.BOOLEAN), ValueType, "outputType")
    judgement = Judgement(
        prompt=reader.text(form.get("llmPrompt"), "llmPrompt", longest=MAX_PROMPT_LENGTH) or None,
    )
    if value_type is ValueType.BOOLEAN:
        true, false = (
            reader.text(form.get(name), name, longest=MAX_LABEL_LENGTH) or None
            for name in ("booleanTrueLabel", "booleanFalseLabel")
        )
        judgement = replace(judgement, true_label=true, false_label=false)
    elif value_type is ValueType.SCALE:
        judgement = replace(
            judgement,
            scale_min=reader.whole(form.get("scaleMin"), "scaleMin"),
            scale_max=reader.whole(form.get("scaleMax"), "scaleMax"),
            scale_labels=tuple(_scale_label(reader, at, row) for at, row in enumerate(form.lists["scaleLabels"])),
        )
    elif value_type is ValueType.CLASSIFICATION:
        judgement = replace(
            judgement,
            options=tuple(_option(reader, at, row) for at, row in enumerate(form.lists["classificationOptions"])),
            max_classifications=reader.whole(form.get("maxClassifications"), "maxClassifications"),
        )
    return value_type, judgement


def _scale_label(reader: FieldReader, at: int, row: Mapping[str, str]) -> ScaleLabel:
    path = ("scaleLabels", at)
    description = reader.text(row["description"], *path, "description", longest=MAX_LABEL_LENGTH)
    return ScaleLabel(
        range_min=reader.number(row["rangeMin"], *path, "rangeMin", missing="From which number on?"),
        range_max=reader.number(row["rangeMax"], *path, "rangeMax", missing="Up to which number?"),
        label=reader.text(row["label"], *path, "label", longest=MAX_LABEL_LENGTH, missing="What is it called?"),
        display_order=at,
        description=description or None,
    )


def _option(reader: FieldReader, at: int, row: Mapping[str, str]) -> ClassificationOption:
    path = ("classificationOptions", at)
    return ClassificationOption(
        label=reader.text(row["label"], *path, "label", longest=MAX_LABEL_LENGTH, missing="What is it called?"),
        description=reader.text(row["description"], *path, "description", longest=MAX_DESCRIPTION_LENGTH),
        display_order=at,
    )


def _formula(reader: FieldReader, form: MetricForm, catalogue: Catalogue) -> Formula:
    """Return the formula with ids in place of slugs; what it refers to is what it reads."""
    text = reader.text(
        form.get("formula"), "formula", longest=MAX_PROMPT_LENGTH, missing="Write a formula over at least two metrics."
    )
    read: dict[UUID, None] = {}

    def reference(found: re.Match[str]) -> str:
        source = _find(reader, found[1].removeprefix("id:").strip(), ("formula",), catalogue)
        read[source.definition_id] = None
        return f"{{{{id:{source.definition_id}}}}}"

    expression = REFERENCE.sub(reference, text)
    return Formula(expression=expression, sources=tuple(MetricSource(definition_id=each) for each in read))


def _pattern(reader: FieldReader, form: MetricForm, catalogue: Catalogue) -> Pattern:
    outcome = {column: form.get(f"outcome.{column}") for column in CONDITION}
    return Pattern(
        operation=reader.choice(form.get("operation", PatternOperation.PATTERN_EXISTS), PatternOperation, "operation"),
        triggers=tuple(
            _condition(reader, row, ("triggers", at), catalogue) for at, row in enumerate(form.lists["triggers"])
        ),
        outcome=Outcome(
            condition=_condition(reader, outcome, ("outcome",), catalogue),
            window_after=_window(reader, form, "windowAfter", missing="How far after? 0 for at once."),
            window_before=_window(reader, form, "windowBefore"),
        ),
        combinator=reader.choice(form.get("triggerCombinator", Combinator.AND), Combinator, "triggerCombinator"),
        window_mode=reader.choice(form.get("windowMode", WindowMode.SECONDS), WindowMode, "windowMode"),
    )


def _window(reader: FieldReader, form: MetricForm, name: str, *, missing: str = "") -> int:
    width = reader.whole(form.get(f"outcome.{name}"), "outcome", name, missing=missing) or 0
    if not 0 <= width <= MAX_WINDOW:
        reader.note("outcome", name, message=f"From 0 to {MAX_WINDOW:,}, not {width}.")
    return width


def _condition(
    reader: FieldReader, row: Mapping[str, str], path: tuple[str | int, ...], catalogue: Catalogue
) -> Condition:
    role = row.get("role", "")
    return Condition(
        source=_find(reader, row.get("source", ""), (*path, "source"), catalogue),
        operator=reader.choice(row.get("operator", ""), Comparison, *path, "operator"),
        threshold_value=reader.text(
            row.get("thresholdValue", ""),
            *path,
            "thresholdValue",
            longest=MAX_LABEL_LENGTH,
            missing="A number, true or false, or a label.",
        ),
        role=ParticipantRole(role) if role in tuple(ParticipantRole) else None,
    )


def _find(reader: FieldReader, id_or_slug: str, path: tuple[str | int, ...], catalogue: Catalogue) -> MetricSource:
    if not id_or_slug:
        reader.note(*path, message="Choose a metric.")
        return MetricSource(definition_id=UUID(int=0))
    try:
        return MetricSource(definition_id=catalogue.find(id_or_slug).id)
    except NotFound as error:
        reader.note(*path, message=error.message)
        return MetricSource(definition_id=UUID(int=0))
