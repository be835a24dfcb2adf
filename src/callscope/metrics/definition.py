"""What a metric is: its names, its shape, how it is computed, and the words of its reference page."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID, uuid5

from callscope.core.call import Role
from callscope.core.conversation import Segment
from callscope.core.metric import (
    CallFacts,
    Direction,
    EvidenceSpan,
    MetricContext,
    MetricInput,
    MetricScope,
    Unit,
    ValueState,
    ValueType,
)
from callscope.core.metric_definition import (
    DEFAULT_VARIANT_NAME,
    Calculation,
    DefinedMetric,
    GradedContext,
    ParticipantRole,
)
from callscope.core.metric_policy import SettingName

DEFINITION_NAMESPACE = UUID("6f0d3c1e-6c55-5b0e-9f0a-0c6f2f6a7d11")
"""Namespace of the wire ids of system definitions. Never changes: ids are stored by clients."""

MEASURED_CONFIDENCE = 1.0

MILLISECONDS = Unit(name="milliseconds", symbol="ms")
RATIO = Unit(name="ratio", symbol="ratio")

_GRADED = {MetricContext.SEGMENT_RANGE: GradedContext.TURN}

Scalar = float | int | bool | str
ParameterValue = float | int | str
Parameters = Mapping[str, ParameterValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A threshold a metric is computed with; its value is stored beside every result."""

    name: str
    default: ParameterValue
    meaning: str


@dataclass(slots=True, kw_only=True)  # not frozen: a call has a thousand, and they are gone once the runner read them
class Reading:
    """One value as a metric's own code states it; the runner adds slug, version, method, parameters, confidence.

    `segments` holds one segment for SEGMENT, two (from, to) for SEGMENT_RANGE, none for CALL. `reason` is required
    when there is no value.
    """

    value: Scalar | None = None
    state: ValueState = ValueState.SUCCESS
    role: Role | None = None
    context: MetricContext = MetricContext.CALL
    reason: str | None = None
    segments: tuple[Segment, ...] = ()
    evidence: tuple[EvidenceSpan, ...] = ()
    statistics: Mapping[str, float | int | None] = field(default_factory=dict)

    @classmethod
    def not_applicable(
        cls,
        reason: str,
        *,
        role: Role | None = None,
        statistics: Mapping[str, float | int | None] | None = None,
    ) -> "Reading":
        """Return the statement that the question does not arise in this call."""
        return cls(state=ValueState.NOT_APPLICABLE, role=role, reason=reason, statistics=statistics or {})

    @classmethod
    def data_missing(cls, reason: str, *, role: Role | None = None) -> "Reading":
        """Return the statement that the question arises but what would answer it is not there."""
        return cls(state=ValueState.DATA_MISSING, role=role, reason=reason)


Compute = Callable[[CallFacts, Parameters], Iterable[Reading]]
"""Computes a metric. Called only when every declared input is there; may raise, which makes the value an ERROR."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricDefinition:
    """One metric of the catalogue.

    `slug` is permanent. `version` rises whenever the same call would give another number. `roles` are the parties a
    PER_PARTICIPANT metric speaks of. `unit` is None for what has none: truth, labels. `formula`, `edge_cases` and
    `weaknesses` are sentences for the reference page.
    `confidence` is the most that a value deserves when everything it rests on is sure: below 1 for what is guessed.
    `calculation` says what a judge is asked, or which other metrics' values are read, where `compute` cannot tell by
    itself. `setting` is what the metric can be told where it is collected. `lacks` says what would compute what
    Callscope has no part for, and what to do; a plug-in may bring a metric of that slug, which then replaces it.
    """

    slug: str
    name: str
    description: str
    family: str
    value_type: ValueType
    unit: Unit | None
    scope: MetricScope
    contexts: tuple[MetricContext, ...]
    direction: Direction
    inputs: tuple[MetricInput, ...]
    version: int
    compute: Compute
    formula: str
    edge_cases: tuple[str, ...] = ()
    weaknesses: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    roles: tuple[Role, ...] = tuple(Role)
    confidence: float = MEASURED_CONFIDENCE
    calculation: Calculation | None = None
    setting: SettingName | None = None
    lacks: str | None = None

    @property
    def id(self) -> UUID:
        """The definition's id on the wire, the same on every installation."""
        return definition_id(self.slug)

    @property
    def unit_symbol(self) -> str:
        """The unit's symbol, nothing where there is no unit."""
        return "" if self.unit is None else self.unit.symbol

    @property
    def defaults(self) -> dict[str, ParameterValue]:
        """The parameters' default values by name."""
        return {parameter.name: parameter.default for parameter in self.parameters}

    @property
    def subjects(self) -> tuple[Role | None, ...]:
        """Whom values speak of: the roles, or nobody in particular (None) for a GLOBAL metric."""
        return self.roles if self.scope is MetricScope.PER_PARTICIPANT else (None,)


def definition_id(slug: str) -> UUID:
    """Return the wire id of the system metric of that slug, whether this installation has it or not."""
    return uuid5(DEFINITION_NAMESPACE, slug)


def to_defined(definition: MetricDefinition) -> DefinedMetric:
    """Return a metric of the catalogue in the shape that own ones have. Its ids are the same on every installation."""
    variant_id = uuid5(definition.id, DEFAULT_VARIANT_NAME)
    contexts = (_GRADED.get(context) or GradedContext(context.value) for context in definition.contexts)
    is_of_one = definition.scope is MetricScope.PER_PARTICIPANT and len(definition.roles) == 1
    return DefinedMetric(
        id=definition.id,
        slug=definition.slug,
        name=definition.name,
        description=definition.description,
        is_system=True,
        value_type=definition.value_type,
        unit=definition.unit,
        scope=definition.scope,
        role=ParticipantRole(definition.roles[0].value.upper()) if is_of_one else None,
        contexts=tuple(sorted(set(contexts), key=list(GradedContext).index)),
        calculation=definition.calculation,
        variant_id=variant_id,
        version_id=uuid5(variant_id, str(definition.version)),
        version=definition.version,
    )
