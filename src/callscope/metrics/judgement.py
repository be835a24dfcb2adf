"""What judged metrics of the catalogue have in common: a rubric, and no code of their own."""

from collections.abc import Iterable

from callscope.core.call import Role
from callscope.core.metric import (
    CallFacts,
    Direction,
    MetricContext,
    MetricInput,
    MetricScope,
    Unit,
    ValueType,
)
from callscope.core.metric_definition import (
    ClassificationOption,
    JudgedEvents,
    Judgement,
    MetricSource,
    Needed,
    ScaleLabel,
    Tally,
)
from callscope.core.metric_policy import SettingName
from callscope.metrics.definition import RATIO, MetricDefinition, Parameters, Reading, definition_id

FAMILY = "judged"
SCALE_MAX = 10
UNITS = {
    ValueType.BOOLEAN: Unit(name="yes or no", symbol=""),
    ValueType.SCALE: Unit(name="points of 10", symbol="/10"),
    ValueType.COUNT: Unit(name="times", symbol=""),
    ValueType.TEXT: Unit(name="text", symbol=""),
    ValueType.CLASSIFICATION: Unit(name="label", symbol=""),
}
JUDGE_EDGE_CASES = (
    (
        "Without a configured judge or without a transcript it is `DATA_MISSING`; where the question does not arise, "
        "`NOT_APPLICABLE`, each with the reason."
    ),
    "A quote that is not in the transcript is rejected and the judge asked again; in the end the value is `ERROR`.",
)
TALLY_EDGE_CASES = ("Without verdicts because there was nothing to judge it is 0; without a judge, `DATA_MISSING`.",)
RATE_EDGE_CASES = ("Fewer than 10 events make no rate.",)
KNOWLEDGE_WEAKNESS = (
    "Of documents too long to be shown whole, the judge sees the passages whose words are nearest to what was said: "
    "what they put in quite other words may be missed."
)
JUDGE_WEAKNESS = "It is a model's opinion: another model, or another wording, may see it differently."


def judged(
    *,
    slug: str,
    name: str,
    description: str,
    judgement: Judgement,
    value_type: ValueType,
    direction: Direction,
    version: int,
    contexts: tuple[MetricContext, ...] = (MetricContext.CALL,),
    roles: tuple[Role, ...] = (),
    setting: SettingName | None = None,
    edge_cases: tuple[str, ...] = (),
    weaknesses: tuple[str, ...] = (),
) -> MetricDefinition:
    """Return a metric that a judge scores. `roles` name the one party it is about, none when it is about the call."""
    return MetricDefinition(
        slug=slug,
        name=name,
        description=description,
        family=FAMILY,
        value_type=value_type,
        unit=UNITS[value_type],
        scope=MetricScope.PER_PARTICIPANT if roles else MetricScope.GLOBAL,
        contexts=contexts,
        direction=direction,
        inputs=(MetricInput.JUDGE,),
        version=version,
        compute=_unjudged,
        formula=f"A judge is asked: {judgement.prompt}",
        edge_cases=(*edge_cases, *JUDGE_EDGE_CASES),
        weaknesses=(*weaknesses, JUDGE_WEAKNESS),
        roles=roles or tuple(Role),
        calculation=judgement,
        setting=setting,
    )


def tallied(
    *,
    slug: str,
    name: str,
    description: str,
    source_slug: str,
    counts_when: bool,
    is_rate: bool,
    direction: Direction,
    version: int,
) -> MetricDefinition:
    """Return a metric that counts the verdicts a judge gave on single events, or their share of all."""
    source = MetricSource(definition_id=definition_id(source_slug))
    counted = f"verdicts of `{source_slug}` that are {str(counts_when).lower()}"
    return MetricDefinition(
        slug=slug,
        name=name,
        description=description,
        family=FAMILY,
        value_type=ValueType.NUMERIC if is_rate else ValueType.COUNT,
        unit=RATIO if is_rate else UNITS[ValueType.COUNT],
        scope=MetricScope.GLOBAL,
        contexts=(MetricContext.CALL,),
        direction=direction,
        inputs=(MetricInput.VALUES,),
        version=version,
        compute=_unjudged,
        formula=f"The {counted}, divided by all of them." if is_rate else f"The number of {counted}.",
        edge_cases=RATE_EDGE_CASES if is_rate else TALLY_EDGE_CASES,
        weaknesses=(f"Each verdict of `{source_slug}` that is wrong makes it wrong by one.", JUDGE_WEAKNESS),
        calculation=Tally(source=source, source_slug=source_slug, counts_when=counts_when, is_rate=is_rate),
    )


def yes_or_no(
    prompt: str, *, true: str, false: str, needs: tuple[Needed, ...] = (), events: JudgedEvents | None = None
) -> Judgement:
    """Return a question with two answers."""
    return Judgement(prompt=prompt, true_label=true, false_label=false, needs=needs, events=events)


def points(prompt: str, *, low: str, middle: str, high: str, needs: tuple[Needed, ...] = ()) -> Judgement:
    """Return a question for points from 0 to 10, with what 0 to 3, 4 to 6 and 7 to 10 mean."""
    labels = (
        ScaleLabel(range_min=0, range_max=3, label="low", display_order=0, description=low),
        ScaleLabel(range_min=4, range_max=6, label="middle", display_order=1, description=middle),
        ScaleLabel(range_min=7, range_max=SCALE_MAX, label="high", display_order=2, description=high),
    )
    return Judgement(prompt=prompt, scale_min=0, scale_max=SCALE_MAX, scale_labels=labels, needs=needs)


def choice(prompt: str, options: dict[str, str], *, needs: tuple[Needed, ...] = ()) -> Judgement:
    """Return a question with one of several labels for an answer."""
    return Judgement(
        prompt=prompt,
        options=tuple(
            ClassificationOption(label=label, description=description, display_order=position)
            for position, (label, description) in enumerate(options.items())
        ),
        max_classifications=1,
        needs=needs,
    )


def in_words(prompt: str, *, needs: tuple[Needed, ...] = ()) -> Judgement:
    """Return a question that is answered by a number or a text."""
    return Judgement(prompt=prompt, needs=needs)


def _unjudged(_facts: CallFacts, _parameters: Parameters) -> Iterable[Reading]:
    raise TypeError("a judged metric is asked of a judge, not computed")
