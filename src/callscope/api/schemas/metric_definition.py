"""Metric definitions and their variants: bodies and answers."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field, WithJsonSchema

from callscope.api.schemas.base import STAYS, InputModel, OutputModel
from callscope.api.schemas.fields import wrong_value
from callscope.api.schemas.metrics import UnitRead
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
    CalculationType,
    Combinator,
    Comparison,
    GradedContext,
    ParticipantRole,
    PatternOperation,
    WindowMode,
)


def _to_limit(value: Any) -> Any:  # noqa: ANN401 - whatever was sent
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise wrong_value("must be a string, a number, true or false")


Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME_LENGTH)]
Slug = Annotated[str, Field(min_length=1, max_length=MAX_SLUG_LENGTH, pattern=SLUG_PATTERN)]
Prompt = Annotated[str, Field(min_length=1, max_length=MAX_PROMPT_LENGTH)]
Words = Annotated[str, Field(min_length=1, max_length=MAX_LABEL_LENGTH)]
Limit = Annotated[
    str,
    BeforeValidator(_to_limit),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]}),
]
Window = Annotated[int, Field(ge=0, le=MAX_WINDOW)]


class ScaleLabelInput(InputModel):
    """The name of a stretch of a scale."""

    range_min: float
    range_max: float
    label: Words
    display_order: int
    description: Words | None = None
    color_hex: str | None = Field(default=None, pattern=r"^#[0-9A-Fa-f]{6}$")


class OptionInput(InputModel):
    """A label to choose."""

    label: Words
    description: str = Field(max_length=MAX_DESCRIPTION_LENGTH)
    display_order: int


class SourceInput(InputModel):
    """A metric that a formula reads."""

    source_metric_definition_id: UUID
    source_variant_id: UUID | None = None


class ConditionInput(SourceInput):
    """A source held against a limit."""

    operator: Comparison
    threshold_value: Limit
    source_participant_role: ParticipantRole | None = None


class OutcomeInput(ConditionInput):
    """What is looked for around a trigger."""

    window_after: Window
    window_before: Window = 0


class DefinitionCreate(InputModel):
    """A new metric. Which fields belong to it follows from `calculationType` and `outputType`."""

    exclusive: ClassVar[tuple[tuple[str, str], ...]] = (("slug", "metric_id"), ("trigger", "triggers"))

    calculation_type: Literal["LLM_JUDGE", "FORMULA", "PATTERN"]
    name: Name
    slug: Slug | None = Field(default=None, description="Made of the name when left out.")
    metric_id: Slug | None = Field(default=None, description="The same as `slug`; send one of them.")
    description: str = Field(default="", max_length=MAX_DESCRIPTION_LENGTH)
    analysis_package_id: UUID | None = Field(default=None, description="Default: the package `Custom Metrics`.")
    output_type: ValueType | None = Field(default=None, description="Of LLM_JUDGE and FORMULA.")
    llm_prompt: Prompt | None = None
    boolean_true_label: Words | None = None
    boolean_false_label: Words | None = None
    scale_min: int | None = None
    scale_max: int | None = None
    scale_labels: list[ScaleLabelInput] | None = Field(default=None, max_length=MAX_LABELS)
    classification_options: list[OptionInput] | None = Field(default=None, max_length=MAX_LABELS)
    max_classifications: int | None = None
    scope: MetricScope | None = Field(default=None, description="Default: GLOBAL.")
    participant_role: ParticipantRole | None = None
    supported_contexts: list[GradedContext] | None = Field(default=None, description='Default: `["CALL"]`.')
    formula: str | None = Field(default=None, min_length=1, max_length=MAX_PROMPT_LENGTH)
    sources: list[SourceInput] | None = Field(default=None, max_length=MAX_LABELS)
    operation: PatternOperation | None = None
    trigger: ConditionInput | None = None
    triggers: list[ConditionInput] | None = Field(default=None, max_length=MAX_LABELS)
    trigger_combinator: Combinator | None = None
    outcome: OutcomeInput | None = None
    window_mode: WindowMode | None = Field(default=None, description="Default: seconds.")


class DefinitionUpdate(InputModel):
    """What to change of a metric; what is left out stays."""

    name: Name = STAYS
    change_reason: str | None = Field(default=None, max_length=MAX_DESCRIPTION_LENGTH)
    llm_prompt: Prompt = STAYS
    boolean_true_label: Words = STAYS
    boolean_false_label: Words = STAYS
    scale_min: int = STAYS
    scale_max: int = STAYS
    scale_labels: list[ScaleLabelInput] = STAYS
    classification_options: list[OptionInput] = STAYS
    max_classifications: int = STAYS
    supported_contexts: list[GradedContext] = STAYS
    formula: str = STAYS
    sources: list[SourceInput] = STAYS


class ThresholdCreate(InputModel):
    """A condition on a metric, as a metric of its own."""

    exclusive: ClassVar[tuple[tuple[str, str], ...]] = (("value", "threshold_value"),)

    operator: Comparison
    value: Limit | None = None
    threshold_value: Limit | None = Field(default=None, description="The same as `value`; send one of them.")
    aggregation_mode: Aggregation = Aggregation.EACH
    count_threshold: int | None = None
    source_participant_role: ParticipantRole | None = None
    source_variant_id: UUID | None = None
    name: Name | None = Field(default=None, description="Made of the metric's name and the condition when left out.")
    slug: Slug | None = Field(default=None, description="Made of the name when left out.")


class EvidenceSourceRead(OutputModel):
    """The metric whose verdicts a count tallies."""

    metric_id: str
    counts_when: bool


class SourceRead(OutputModel):
    """A metric that is read."""

    source_metric_definition_id: UUID
    source_variant_id: UUID | None


class ConditionRead(SourceRead):
    """A source held against a limit."""

    operator: Comparison
    threshold_value: str
    source_participant_role: ParticipantRole | None


class OutcomeRead(ConditionRead):
    """What is looked for around a trigger."""

    window_after: int
    window_before: int


class FormulaRead(OutputModel):
    """An expression over other metrics."""

    expression: str
    sources: list[SourceRead]


class ThresholdRead(ConditionRead):
    """A condition on another metric."""

    aggregation_mode: Aggregation
    count_threshold: int | None


class PatternRead(OutputModel):
    """A trigger and an outcome within a window."""

    operation: PatternOperation
    triggers: list[ConditionRead]
    trigger_combinator: Combinator
    outcome: OutcomeRead
    window_mode: WindowMode


class ScaleLabelRead(OutputModel):
    """The name of a stretch of a scale."""

    range_min: float
    range_max: float
    label: str
    display_order: int
    description: str | None
    color_hex: str | None


class OptionRead(OutputModel):
    """A label to choose."""

    label: str
    description: str
    display_order: int


class DefinitionRead(OutputModel):
    """A metric in its default variant. Fields of another calculation type are left out."""

    id: UUID
    slug: str
    metric_id: str = Field(description="The same as `slug`.")
    name: str
    description: str
    type: ValueType
    scope: MetricScope
    participant_role: ParticipantRole | None
    supported_contexts: list[GradedContext]
    calculation_type: CalculationType
    unit: UnitRead | None
    supported_conversation_sources: None = Field(description="Null: calls of every kind.")
    requires_live_conversation: Literal[False]
    supports_variants: bool
    variant_id: UUID
    version_id: UUID = Field(description="Names what is computed; another one says that it changed.")
    evidence_source: EvidenceSourceRead | None
    is_system: bool
    analysis_package_id: UUID | None


class JudgedRead(DefinitionRead):
    """A metric that a judge scores."""

    llm_prompt: str | None
    boolean_true_label: str | None
    boolean_false_label: str | None
    scale_min: int | None
    scale_max: int | None
    scale_labels: list[ScaleLabelRead]
    classification_options: list[OptionRead]
    max_classifications: int | None


class FormulaMetricRead(DefinitionRead):
    """A metric computed by a formula."""

    formula: FormulaRead


class ThresholdMetricRead(DefinitionRead):
    """A metric that holds another against a limit."""

    threshold: ThresholdRead


class PatternMetricRead(DefinitionRead):
    """A metric that looks for a pattern."""

    pattern: PatternRead


AnyDefinitionRead = JudgedRead | FormulaMetricRead | ThresholdMetricRead | PatternMetricRead | DefinitionRead


class LimitPagination(OutputModel):
    """Where a page of definitions stands."""

    has_more: bool
    limit: int
    next_cursor: str | None


class DefinitionPage(OutputModel):
    """One page of definitions, by id."""

    data: list[AnyDefinitionRead]
    pagination: LimitPagination


class DefinitionDeleted(OutputModel):
    """The answer to a deletion."""

    id: UUID
    deleted: Literal[True]


class PackageRead(OutputModel):
    """A set of a project's metrics."""

    id: UUID
    name: str
    created_at: datetime


class VariantCreate(InputModel):
    """A new variant, which starts as a copy of the default."""

    name: Name


class VariantUpdate(InputModel):
    """What to change of a variant; what is left out stays."""

    name: Name = STAYS
    change_reason: str | None = Field(default=None, max_length=MAX_DESCRIPTION_LENGTH)
    llm_prompt: Prompt = STAYS
    boolean_true_label: Words = STAYS
    boolean_false_label: Words = STAYS
    scale_min: int = STAYS
    scale_max: int = STAYS
    max_classifications: int = STAYS


class VariantRead(OutputModel):
    """A configuration of a metric."""

    id: UUID
    metric_definition_id: UUID
    name: str
    is_default: bool
    is_system: bool
    version_id: UUID | None
    created_at: datetime
    updated_at: datetime
