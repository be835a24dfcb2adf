"""What a metric is and computes, in words."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from callscope.core.metric import MetricInput, MetricScope, ValueType
from callscope.core.metric_definition import (
    Aggregation,
    Calculation,
    Combinator,
    Comparison,
    Condition,
    DefinedMetric,
    Formula,
    Judgement,
    MetricSource,
    ParticipantRole,
    Pattern,
    PatternOperation,
    Tally,
    Threshold,
)
from callscope.core.metric_policy import SettingName
from callscope.metrics import registry
from callscope.services.metric_catalogue import Catalogue, is_judged
from callscope.web.installed_parts import InstalledParts
from callscope.web.views.metrics import OWN_FAMILY

REFERENCE = re.compile(r"\{\{\s*id:\s*([0-9a-fA-F-]{36})\s*\}\}")

COMPARISON_WORDS: Mapping[Comparison, str] = {
    Comparison.GREATER_THAN: "over",
    Comparison.GREATER_THAN_OR_EQUALS: "at least",
    Comparison.LESS_THAN: "under",
    Comparison.LESS_THAN_OR_EQUALS: "at most",
    Comparison.EQUALS: "equal to",
    Comparison.NOT_EQUALS: "other than",
}
AGGREGATION_WORDS: Mapping[Aggregation, str] = {
    Aggregation.EACH: "each value by itself",
    Aggregation.COUNT: "how many values do",
    Aggregation.AVERAGE: "the mean",
    Aggregation.MIN: "the smallest",
    Aggregation.MAX: "the largest",
    Aggregation.MEDIAN: "the median",
    Aggregation.P95: "the 95th percentile",
    Aggregation.P99: "the 99th percentile",
    Aggregation.SUM: "the sum",
}
OPERATION_WORDS: Mapping[PatternOperation, str] = {
    PatternOperation.PATTERN_EXISTS: "Whether it happens",
    PatternOperation.PATTERN_COUNT: "How often it happens",
    PatternOperation.OUTCOME_AGGREGATE: "The mean of what follows",
}
TYPE_WORDS: Mapping[ValueType, str] = {
    ValueType.BOOLEAN: "yes or no",
    ValueType.SCALE: "a scale",
    ValueType.NUMERIC: "a number",
    ValueType.COUNT: "a count",
    ValueType.TEXT: "a text",
    ValueType.CLASSIFICATION: "labels",
    ValueType.OFFSET: "a moment of the call",
}
INPUT_WORDS: Mapping[MetricInput, str] = {
    MetricInput.DURATION: "length",
    MetricInput.CHANNEL_AUDIO: "sound",
    MetricInput.TURNS: "turns",
    MetricInput.OVERLAP: "turns of both at once",
    MetricInput.WORDS: "transcript",
    MetricInput.TWO_TRANSCRIPTS: "two transcripts",
    MetricInput.TOOLS: "tools",
    MetricInput.SPANS: "traces",
    MetricInput.JUDGE: "judge",
    MetricInput.VALUES: "other metrics",
}
SETTING_WORDS: Mapping[SettingName, str] = {
    SettingName.VERIFIED_PROPERTIES: "Properties to check",
    SettingName.EXCLUDED_PHRASES: "Phrases left out",
    SettingName.VOICEMAIL_SCRIPT: "What the agent should say on a voicemail",
    SettingName.SCREENING_BRIEF: "What the agent should say when a call is screened",
    SettingName.TOOL_DEFINITION_IDS: "Tools to score",
    SettingName.KNOWLEDGE_BASE_DOCUMENT_IDS: "Documents to check against",
}
NEEDS_JUDGE = "needs a judge"


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingPart:
    """A part that a metric cannot do without and that is not configured; `remedy` says how to have it."""

    name: str
    remedy: str


def href_of(metric: DefinedMetric) -> str:
    """Return the address of a metric's page. A slug may be the name of another page."""
    return f"/metrics/{metric.id if metric.slug in RESERVED else metric.slug}"


RESERVED = frozenset({"new"})


def family_of(metric: DefinedMetric) -> str:
    """Return the family of the catalogue that a metric is of."""
    return registry.get(metric.slug).family if metric.is_system else OWN_FAMILY


def basis_of(metric: DefinedMetric) -> str:
    """Return what a metric is computed from."""
    if metric.is_system:
        return ", ".join(INPUT_WORDS[each] for each in registry.get(metric.slug).inputs) or "nothing that is here"
    return INPUT_WORDS[MetricInput.JUDGE if is_judged(metric) else MetricInput.VALUES]


def kind_of(metric: DefinedMetric) -> str:
    """Return how a metric comes about, in a word."""
    match metric.calculation:
        case None:
            return "measured"
        case Judgement():
            return "judged"
        case Formula():
            return "formula"
        case Pattern():
            return "pattern"
        case Threshold():
            return "threshold"
        case Tally():
            return "tally"
        case calculation:
            assert_never(calculation)


def subject_of(metric: DefinedMetric) -> str:
    """Return whom its values speak of."""
    if metric.scope is MetricScope.GLOBAL:
        return "the call"
    return "each party" if metric.role is None else f"the {_party(metric.role)}"


def missing_part(
    metric: DefinedMetric, catalogue: Catalogue, parts: InstalledParts, *, has_judge: bool
) -> MissingPart | None:
    """Return what a metric lacks in this project, None for one that can be collected."""
    if not has_judge and _asks_judge(metric, catalogue):
        return MissingPart(
            name=NEEDS_JUDGE,
            remedy="Set CALLSCOPE_JUDGE_URL and CALLSCOPE_JUDGE_MODEL to a server with the OpenAI chat API, or give "
            "the project a judge of its own with PUT /v1/judge.",
        )
    definition = registry.get(metric.slug) if metric.is_system else None
    if definition is not None and definition.lacks:
        return MissingPart(name="needs a plug-in", remedy=definition.lacks)
    inputs = () if definition is None else definition.inputs
    if MetricInput.TWO_TRANSCRIPTS in inputs and not parts.transcribes_beside_brought:
        return MissingPart(
            name="needs a second transcript",
            remedy="Name a speech model with CALLSCOPE_STT_MODEL (or a server with CALLSCOPE_STT_URL) and set "
            "CALLSCOPE_STT_ALWAYS: calls are then transcribed beside the transcript they bring.",
        )
    if metric.slug.startswith("speech_quality_") and not parts.judges_voice_quality:
        return MissingPart(name="needs DNSMOS", remedy="Set CALLSCOPE_VOICE_QUALITY to true; it is switched off.")
    return None


def calculation_words(calculation: Calculation, catalogue: Catalogue) -> str:
    """Return what is computed in one or two lines; of a judge, what it is asked."""
    match calculation:
        case Judgement():
            return calculation.prompt or "Which of the labels fits."
        case Formula():
            return with_slugs(calculation.expression, catalogue)
        case Threshold():
            count = f", {calculation.count_threshold} or more" if calculation.count_threshold else ""
            held = AGGREGATION_WORDS[calculation.aggregation]
            return f"{condition_words(calculation.condition, catalogue)}: {held}{count}"
        case Pattern():
            return _pattern_words(calculation, catalogue)
        case Tally():
            counted = "yes" if calculation.counts_when else "no"
            share = "The share" if calculation.is_rate else "The number"
            return f"{share} of verdicts {counted} of {_name(calculation.source, catalogue)}"
        case _:
            assert_never(calculation)


def condition_words(condition: Condition, catalogue: Catalogue) -> str:
    """Return a condition: `Response time (agent) over 1000`."""
    party = "" if condition.role is None else f" ({_party(condition.role)})"
    words = COMPARISON_WORDS[condition.operator]
    return f"{_name(condition.source, catalogue)}{party} {words} {condition.threshold_value}"


def with_slugs(expression: str, catalogue: Catalogue) -> str:
    """Return a formula with slugs in place of ids, as forms show and take it."""

    def slug(found: re.Match[str]) -> str:
        metric = catalogue.by_id.get(UUID(found[1]))
        return found[0] if metric is None else f"{{{{{metric.slug}}}}}"

    return REFERENCE.sub(slug, expression)


def sources_of(metrics: Iterable[MetricSource], catalogue: Catalogue) -> tuple[DefinedMetric, ...]:
    """Return the metrics that are read, those that are gone left out."""
    return tuple(metric for source in metrics if (metric := catalogue.by_id.get(source.definition_id)) is not None)


def _pattern_words(pattern: Pattern, catalogue: Catalogue) -> str:
    joined = " and " if pattern.combinator is Combinator.AND else " or "
    triggers = joined.join(condition_words(each, catalogue) for each in pattern.triggers)
    outcome = pattern.outcome
    before = f" and {outcome.window_before} before" if outcome.window_before else ""
    window = f"within {outcome.window_after} {pattern.window_mode.value} after{before}"
    return (
        f"{OPERATION_WORDS[pattern.operation]}: {triggers}, then "
        f"{condition_words(outcome.condition, catalogue)} {window}"
    )


def _name(source: MetricSource, catalogue: Catalogue) -> str:
    metric = catalogue.by_id.get(source.definition_id)
    return str(source.definition_id) if metric is None else metric.name


def _party(role: ParticipantRole) -> str:
    return role.value.replace("_", " ").lower()


def _asks_judge(metric: DefinedMetric, catalogue: Catalogue) -> bool:
    return is_judged(metric) or any(
        is_judged(read) for each in catalogue.in_order(metric.sources) if (read := catalogue.configured(each))
    )
