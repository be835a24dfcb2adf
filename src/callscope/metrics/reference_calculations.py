"""What reference pages say of metrics that a judge is asked for, or that are made of other metrics' values."""

from collections.abc import Iterator

from callscope.core.metric import CallFacts, MetricValue
from callscope.core.metric_definition import (
    Calculation,
    DefinedMetric,
    JudgedEvents,
    Judgement,
    MetricSource,
    Needed,
    Tally,
    Threshold,
)
from callscope.metrics import registry
from callscope.metrics.definition import MetricDefinition, to_defined
from callscope.metrics.derived import tally, threshold
from callscope.metrics.judging.agreement import Label, labelled_calls
from callscope.metrics.judging.prompt import PROMPT_VERSION
from callscope.metrics.runner import compute

_NEEDED = {
    Needed.TOOLS: "tool invocations, with what they were given and returned",
    Needed.AGENT_PROMPT: "the instructions the agent ran with: the `prompt` its call was sent with",
    Needed.KNOWLEDGE: "what the agent was given to know: documents that a policy names, its prompt, results of tools",
    Needed.PROPERTIES: "the properties of the call",
    Needed.SIMULATION: "a simulated customer, which this service does not have",
}
_EVENTS = {
    JudgedEvents.AGENT_INTERRUPTIONS: "interruptions by the agent, heard on channels or in a transcript's own times",
    JudgedEvents.CUSTOMER_BARGE_INS: "barge-ins of the customer, heard on channels or in a transcript's own times",
    JudgedEvents.INTERRUPTIONS: "interruptions, heard on channels or in a transcript's own times",
}


def answers(calculation: Calculation | None) -> Iterator[str]:
    """Yield what each answer of a judge means, a line each."""
    if not isinstance(calculation, Judgement):
        return
    if calculation.true_label is not None:
        yield f"`true`: {calculation.true_label}"
    if calculation.false_label is not None:
        yield f"`false`: {calculation.false_label}"
    for each in calculation.scale_labels:
        yield f"{each.range_min} to {each.range_max}, {each.label}: {each.description or each.label}"
    for option in calculation.options:
        yield f"`{option.label}`: {option.description}"


def inputs(calculation: Calculation) -> Iterator[str]:
    """Yield what is read, a line each."""
    if not isinstance(calculation, Judgement):
        yield from (f"the values of [`{slug}`]({slug}.md)" for slug in _source_slugs(calculation))
        return
    yield "a configured judge"
    yield "a transcript"
    if calculation.events is not None:
        yield _EVENTS[calculation.events]
    yield from (_NEEDED[needed] for needed in calculation.needs)


def without_inputs(calculation: Calculation | None) -> str:
    """Return what becomes of a value whose inputs are not there."""
    if isinstance(calculation, Judgement) and (calculation.needs or calculation.events is not None):
        return (
            "Where one of them is not there the value is `DATA_MISSING`, or `NOT_APPLICABLE` where that leaves nothing "
            "to ask about; the reason stands beside it."
        )
    return "Where one of them is not there the value is `DATA_MISSING`, with the reason."


def parameters(definition: MetricDefinition) -> Iterator[tuple[str, str, str]]:
    """Yield name, default and meaning of what a value is computed with."""
    match definition.calculation:
        case Threshold() as rule:
            yield "operator", rule.condition.operator, "How the value is held against the limit."
            yield "threshold_value", rule.condition.threshold_value, "The limit."
        case Tally() as rule:
            yield "counts_when", str(rule.counts_when).lower(), "Which verdicts are counted."
        case Judgement():
            yield "prompt_version", str(PROMPT_VERSION), "The wording around the rubric that every judge is given."
    if definition.setting is not None:
        meaning = "What a policy tells the judge beside the rubric, as `settings` of the metric."
        yield definition.setting, "none", meaning


def example(definition: MetricDefinition, facts: CallFacts) -> tuple[MetricValue, ...]:
    """Return what a metric says of a call; one made of other metrics' values reads what those say of it."""
    metric = to_defined(definition)
    if isinstance(metric.calculation, Threshold):
        return threshold.evaluate(metric, metric.calculation, _source_values(metric, facts))
    if isinstance(metric.calculation, Tally):
        return (tally.evaluate(metric, metric.calculation, _source_values(metric, facts)),)
    return compute(facts, (definition,))


def labels(slug: str) -> Iterator[tuple[str, str]]:
    """Yield the labelled calls that speak of a judged metric, with what people say of them."""
    for call in labelled_calls():
        if slug in call.labels:
            yield call.name, _in_words(call.labels[slug])


def _source_values(metric: DefinedMetric, facts: CallFacts) -> dict[MetricSource, tuple[MetricValue, ...]]:
    by_id = {definition.id: definition for definition in registry.definitions()}
    return {source: compute(facts, (by_id[source.definition_id],)) for source in metric.sources}


def _source_slugs(calculation: Calculation) -> Iterator[str]:
    slugs = {definition.id: definition.slug for definition in registry.definitions()}
    return (slugs[source.definition_id] for source in calculation.sources)


def _in_words(label: Label) -> str:
    if isinstance(label, bool | int | str):
        return f"`{str(label).lower() if isinstance(label, bool) else label}`"
    return (" or " if isinstance(label[0], str) else " to ").join(f"`{each}`" for each in label)
