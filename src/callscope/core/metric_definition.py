"""Metrics that a project defines itself: what each computes, from which other metrics, and its named variants."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from callscope.core.call import Role
from callscope.core.metric import MetricContext, MetricScope, Unit, ValueType

MAX_NAME_LENGTH = 100
MAX_SLUG_LENGTH = 50
MAX_DESCRIPTION_LENGTH = 1000
MAX_PROMPT_LENGTH = 2000
MAX_LABEL_LENGTH = 500
MAX_LABELS = 50
MAX_WINDOW = 100_000
SLUG_PATTERN = r"^[a-z0-9][a-z0-9_]*$"


class CalculationType(StrEnum):
    """How a metric comes about, as the wire names it."""

    PROVIDER = "PROVIDER"
    """Computed by the catalogue's own code."""
    LLM_JUDGE = "LLM_JUDGE"
    THRESHOLD = "THRESHOLD"
    FORMULA = "FORMULA"
    PATTERN = "PATTERN"


class ParticipantRole(StrEnum):
    """A party as the wire names it; only an agent and a customer speak in calls of this service."""

    AGENT = "AGENT"
    CUSTOMER = "CUSTOMER"
    SIMULATED_CUSTOMER = "SIMULATED_CUSTOMER"
    BACKGROUND_SPEAKER = "BACKGROUND_SPEAKER"

    @property
    def role(self) -> Role | None:
        """The party of a real call that is meant, None for one that never speaks in it."""
        return _ROLES.get(self)


_ROLES = {ParticipantRole.AGENT: Role.AGENT, ParticipantRole.CUSTOMER: Role.CUSTOMER}


class GradedContext(StrEnum):
    """What a definition speaks of, as the wire names it; TURN values are read as SEGMENT_RANGE."""

    CALL = "CALL"
    SEGMENT = "SEGMENT"
    TURN = "TURN"

    @property
    def value_context(self) -> MetricContext:
        """The context that its values bear."""
        return MetricContext.SEGMENT_RANGE if self is GradedContext.TURN else MetricContext(self.value)


class Comparison(StrEnum):
    """How a value is held against a limit."""

    GREATER_THAN = "GREATER_THAN"
    GREATER_THAN_OR_EQUALS = "GREATER_THAN_OR_EQUALS"
    LESS_THAN = "LESS_THAN"
    LESS_THAN_OR_EQUALS = "LESS_THAN_OR_EQUALS"
    EQUALS = "EQUALS"
    NOT_EQUALS = "NOT_EQUALS"


class Aggregation(StrEnum):
    """What is made of the source's values before they are held against the limit."""

    EACH = "EACH"
    """Nothing: every value for itself."""
    COUNT = "COUNT"
    """How many values meet the condition; `count_threshold` is the least number of them for true (default 1)."""
    AVERAGE = "AVERAGE"
    MIN = "MIN"
    MAX = "MAX"
    MEDIAN = "MEDIAN"
    P95 = "P95"
    P99 = "P99"
    SUM = "SUM"


class PatternOperation(StrEnum):
    """What is told of a pattern."""

    PATTERN_EXISTS = "PATTERN_EXISTS"
    PATTERN_COUNT = "PATTERN_COUNT"
    OUTCOME_AGGREGATE = "OUTCOME_AGGREGATE"
    """The mean of the outcome's numbers within the windows of all triggers."""

    @property
    def value_type(self) -> ValueType:
        """What kind of value it gives."""
        return ValueType.BOOLEAN if self is PatternOperation.PATTERN_EXISTS else ValueType.NUMERIC


class Combinator(StrEnum):
    """How several triggers make one."""

    AND = "AND"
    OR = "OR"


class WindowMode(StrEnum):
    """What a window is counted in."""

    SECONDS = "seconds"
    SEGMENTS = "segments"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSource:
    """Another metric that a derived one reads; `variant_id` is None for its default variant."""

    definition_id: UUID
    variant_id: UUID | None = None

    def __hash__(self) -> int:
        """Hash the one part that nearly always differs: sources are looked up several times for every call scored."""
        return hash(self.definition_id.int)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A source's value held against a limit.

    `threshold_value` is text as the wire sends it: a number, `true` or `false`, or a label. `role` narrows the source's
    values to one party, None takes them all.
    """

    source: MetricSource
    operator: Comparison
    threshold_value: str
    role: ParticipantRole | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """An expression over other metrics: `{{id:<uuid>}} / {{id:<uuid>}}`; each reference is one of `sources`."""

    expression: str
    sources: tuple[MetricSource, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """Whether a source meets a condition."""

    condition: Condition
    aggregation: Aggregation = Aggregation.EACH
    count_threshold: int | None = None

    @property
    def sources(self) -> tuple[MetricSource, ...]:
        """The one metric it reads."""
        return (self.condition.source,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is looked for around a trigger, and how far: `window_before`, `window_after` in the pattern's mode."""

    condition: Condition
    window_after: int
    window_before: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A trigger, and an outcome within a window about it."""

    operation: PatternOperation
    triggers: tuple[Condition, ...]
    outcome: Outcome
    combinator: Combinator = Combinator.AND
    window_mode: WindowMode = WindowMode.SECONDS

    @property
    def sources(self) -> tuple[MetricSource, ...]:
        """The metrics it reads, each once, in the order of first mention."""
        conditions = (*self.triggers, self.outcome.condition)
        return tuple(dict.fromkeys(condition.source for condition in conditions))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleLabel:
    """The name of a stretch of a scale, both ends included."""

    range_min: float
    range_max: float
    label: str
    display_order: int
    description: str | None = None
    color_hex: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassificationOption:
    """One label that a judge may choose."""

    label: str
    description: str
    display_order: int


class Needed(StrEnum):
    """What a question about a call reads besides its transcript; without it the question is not asked."""

    TOOLS = "tools"
    AGENT_PROMPT = "agent_prompt"
    KNOWLEDGE = "knowledge"
    """What the agent was given to know: its prompt, or what its tools returned."""
    PROPERTIES = "properties"
    SIMULATION = "simulation"
    """A simulated customer, which this service does not have."""


class JudgedEvents(StrEnum):
    """Events of a call that are judged one by one."""

    AGENT_INTERRUPTIONS = "agent_interruptions"
    CUSTOMER_BARGE_INS = "customer_barge_ins"
    INTERRUPTIONS = "interruptions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a judge is asked.

    `prompt` holds the criteria. Which of the rest is set follows from the definition's value type: the scale's ends for
    SCALE, `options` and `max_classifications` for CLASSIFICATION, the labels of true and false for BOOLEAN. `needs` and
    `events` are set by the catalogue only: what else is read, and what is judged one by one instead of the call.
    """

    prompt: str | None
    true_label: str | None = None
    false_label: str | None = None
    scale_min: int | None = None
    scale_max: int | None = None
    scale_labels: tuple[ScaleLabel, ...] = ()
    options: tuple[ClassificationOption, ...] = ()
    max_classifications: int | None = None
    needs: tuple[Needed, ...] = ()
    events: JudgedEvents | None = None

    @property
    def sources(self) -> tuple[MetricSource, ...]:
        """A judge reads the call, no other metric."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many of another metric's per-event verdicts are `counts_when`; as a share of all of them if `is_rate`."""

    source: MetricSource
    source_slug: str
    counts_when: bool
    is_rate: bool = False

    @property
    def sources(self) -> tuple[MetricSource, ...]:
        """The one metric it reads."""
        return (self.source,)


Derivation = Formula | Pattern | Threshold | Tally
"""What is computed from the values of other metrics alone."""
Calculation = Judgement | Derivation


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinedMetric:
    """A metric of the catalogue or of a project, as one version of one variant of it has it.

    `slug`, `value_type`, `scope`, `role` and the kind of `calculation` never change; everything else does by a new
    `version_id`. `version` counts them from 1 on. `calculation` is None for what the catalogue's own code computes.
    """

    id: UUID
    slug: str
    name: str
    description: str
    is_system: bool
    value_type: ValueType
    unit: Unit | None
    scope: MetricScope
    role: ParticipantRole | None
    contexts: tuple[GradedContext, ...]
    calculation: Calculation | None
    variant_id: UUID
    version_id: UUID
    version: int
    package_id: UUID | None = None

    @property
    def calculation_type(self) -> CalculationType:
        """How it comes about; a tally is the catalogue's own computation to its readers."""
        match self.calculation:
            case Judgement():
                return CalculationType.LLM_JUDGE
            case Formula():
                return CalculationType.FORMULA
            case Pattern():
                return CalculationType.PATTERN
            case Threshold():
                return CalculationType.THRESHOLD
            case _:
                return CalculationType.PROVIDER

    @property
    def sources(self) -> tuple[MetricSource, ...]:
        """The other metrics it reads."""
        return () if self.calculation is None else self.calculation.sources

    @property
    def supports_variants(self) -> bool:
        """Whether it can have configurations beside the default: only what a judge is asked can be put otherwise."""
        return isinstance(self.calculation, Judgement)


DEFAULT_VARIANT_NAME = "Default"
DEFAULT_PACKAGE_NAME = "Custom Metrics"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A named configuration of a metric; `version_id` is None while it was never configured."""

    id: UUID
    definition_id: UUID
    name: str
    is_default: bool
    is_system: bool
    version_id: UUID | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisPackage:
    """A named set of a project's metrics."""

    id: UUID
    name: str
    created_at: datetime
