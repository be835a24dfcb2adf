"""How far a judge agrees with people: a small set of made-up calls with labels, and the comparison."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from uuid import UUID

from callscope.core.call import Role, ToolInvocation
from callscope.core.metric import MetricContext, MetricValue, ValueState
from callscope.metrics.judging.material import CallMaterial, Line

LABELLED_CALLS = "labelled_calls.json"
MS_PER_CHARACTER = 60
"""Roughly how long speech takes; the set has no recordings."""

Label = bool | int | str | Sequence[int] | Sequence[str]
"""A value; for points the lowest and highest that are right; for labels those of which each is right."""


class LabelKind(StrEnum):
    """What is labelled: only answers of one kind can be held against chance together."""

    YES_OR_NO = "yes or no"
    NAME = "one of several names"
    NUMBER = "points and counts"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledCall:
    """A call and what people say of it, by the slug of a judged metric."""

    name: str
    material: CallMaterial
    labels: dict[str, Label]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A label beside what the judge said; `said` is None where it gave no value, `reason` is its reasoning."""

    call_name: str
    slug: str
    label: Label
    said: float | int | bool | str | None
    agrees: bool
    reason: str
    evidence_count: int

    @property
    def kind(self) -> LabelKind:
        """What kind of label it is."""
        first = self.label if isinstance(self.label, bool | int | str) else self.label[0]
        if isinstance(first, bool):
            return LabelKind.YES_OR_NO
        return LabelKind.NAME if isinstance(first, str) else LabelKind.NUMBER


def labelled_calls() -> tuple[LabelledCall, ...]:
    """Return the set that comes with Callscope."""
    text = files(__package__).joinpath(LABELLED_CALLS).read_text(encoding="utf-8")
    return tuple(
        LabelledCall(
            name=call["name"],
            material=CallMaterial(
                lines=tuple(_lines(call["lines"])),
                tools=tuple(_tool(position, tool) for position, tool in enumerate(call["tools"])),
                agent_prompt=call["agentPrompt"],
            ),
            labels=call["labels"],
        )
        for call in json.loads(text)
    )


def compare(call: LabelledCall, slug: str, values: Sequence[MetricValue]) -> Comparison:
    """Return a label beside what the judge said of the call as a whole."""
    label = call.labels[slug]
    value = next(value for value in values if value.context is MetricContext.CALL)
    return Comparison(
        call_name=call.name,
        slug=slug,
        label=label,
        said=value.value,
        agrees=value.state is ValueState.SUCCESS and agrees(label, value.value),
        reason=value.reason or "",
        evidence_count=len(value.evidence),
    )


def agrees(label: Label, said: float | bool | str | None) -> bool:
    """Tell whether a value is what the label allows."""
    if isinstance(label, bool | str):
        return said == label and isinstance(said, bool) is isinstance(label, bool)
    if isinstance(label, int):
        return said == label
    if isinstance(said, str):
        return said in label
    low, high = label
    return isinstance(said, int | float) and isinstance(low, int) and isinstance(high, int) and low <= said <= high


def kappa(comparisons: Sequence[Comparison]) -> float | None:
    """Return Cohen's kappa of answers and labels of one kind that has names: 1 is full agreement, 0 what chance gives.

    No answer counts as a name of its own. Of several right labels the one that was said counts, else the first. None
    without comparisons, and where label and answer are the same one everywhere, so that chance gives that too.
    """
    labels = Counter(_counted_label(each) for each in comparisons)
    answers = Counter(str(each.said) for each in comparisons)
    by_chance = sum(labels[name] * answers[name] for name in labels) / max(1, len(comparisons) ** 2)
    if not comparisons or by_chance == 1:
        return None
    observed = sum(each.agrees for each in comparisons) / len(comparisons)
    return (observed - by_chance) / (1 - by_chance)


def _counted_label(comparison: Comparison) -> str:
    if comparison.agrees:
        return str(comparison.said)
    label = comparison.label
    return str(label if isinstance(label, bool | int | str) else label[0])


def _lines(spoken: Sequence[Sequence[str]]) -> Iterator[Line]:
    at_ms = 0
    for number, (role, text) in enumerate(spoken, start=1):
        end_ms = at_ms + MS_PER_CHARACTER * len(text)
        yield Line(number=number, role=Role(role.lower()), text=text, start_ms=at_ms, end_ms=end_ms)
        at_ms = end_ms


def _tool(position: int, tool: dict[str, object]) -> ToolInvocation:
    parameters = tool["parameters"]
    return ToolInvocation(
        id=UUID(int=position),
        name=str(tool["name"]),
        description=None,
        parameters=parameters if isinstance(parameters, dict) else {},
        result=str(tool["result"]),
        start_offset_ms=0,
        end_offset_ms=None,
        agent_id=None,
    )
