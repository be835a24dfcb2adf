"""The form that builds a filter, and what it sends made into the filter language."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from callscope.core.agent import Agent
from callscope.core.call import CallDirection, CallStatus, EndedStatus, InterfaceType
from callscope.core.call_query import Comparison
from callscope.core.errors import InvalidInput
from callscope.core.metric_definition import DefinedMetric
from callscope.web.formatting import constant_words
from callscope.web.list_address import ListAddress
from callscope.web.views.conditions import COMPARISON_WORDS

Options = tuple[tuple[str, str], ...]
Groups = tuple[tuple[str, Options], ...]

SECOND_MS = 1000
ANY: Options = (("", "any"),)
LENGTH_FIELDS = {"minLength": "minDurationMs", "maxLength": "maxDurationMs"}
METRIC_COMPARISONS = tuple(
    each for each in Comparison if each not in (Comparison.CONTAINS, Comparison.STARTS_WITH, Comparison.EXISTS)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterForm:
    """What the form offers and what stands in it."""

    values: dict[str, str]
    kept: Options
    agents: Options
    statuses: Options
    directions: Options
    interfaces: Options
    ends: Options
    metrics: Groups
    property_comparisons: Options
    metric_comparisons: Options


def view_filter_form(address: ListAddress, agents: Sequence[Agent], metrics: Iterable[DefinedMetric]) -> FilterForm:
    """Return the form of an address: its plain conditions stand in their fields, the others are kept beside them."""
    plain = {name: value for name, value in address.pairs if "[" not in name}
    for field, name in LENGTH_FIELDS.items():
        plain[field] = f"{int(plain[name]) / SECOND_MS:g}" if name in plain else ""
    return FilterForm(
        values=plain,
        kept=tuple(pair for pair in address.pairs if "[" in pair[0]),
        agents=ANY + tuple((str(agent.id), agent.name) for agent in agents),
        statuses=_options(CallStatus),
        directions=_options(CallDirection),
        interfaces=_options(InterfaceType),
        ends=_options(EndedStatus),
        metrics=_metric_groups(tuple(metrics)),
        property_comparisons=_comparisons(tuple(one for one in Comparison if one is not Comparison.EXISTS)),
        metric_comparisons=_comparisons(METRIC_COMPARISONS),
    )


def canonical_pairs(sent: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return what the form sent as conditions. Raises InvalidInput for a length that is no number."""
    fields = {name: value.strip() for name, value in sent}
    pairs: list[tuple[str, str]] = []
    for field, value in fields.items():
        if field in LENGTH_FIELDS:
            pairs += [(LENGTH_FIELDS[field], _milliseconds(field, value))] if value else []
        elif not field.startswith(("property_", "metric_")):
            pairs.append((field, value))
    for kind, bracket in (("property", "properties"), ("metric", "metric")):
        name, value = fields.get(f"{kind}_name", ""), fields.get(f"{kind}_value", "")
        comparison = fields.get(f"{kind}_comparison", "")
        if name and value:
            pairs.append((f"{bracket}[{name}]" + (f"[{comparison}]" if comparison else ""), value))
        elif name:
            pairs.append((f"{bracket}[{name}][exists]", "true"))
    return pairs


def _milliseconds(field: str, seconds: str) -> str:
    try:
        return str(round(float(seconds) * SECOND_MS))
    except (ValueError, OverflowError) as error:
        raise InvalidInput.at(field, message=f"`{field}` must be a number of seconds.") from error


def _metric_groups(metrics: Sequence[DefinedMetric]) -> Groups:
    own = tuple((one.slug, one.name) for one in metrics if not one.is_system)
    built_in = tuple((one.slug, one.name) for one in metrics if one.is_system)
    return (("", (("", "no metric"),)), *((("Your own", own),) if own else ()), ("Built in", built_in))


def _options(choices: Iterable[str]) -> Options:
    return ANY + tuple((choice, constant_words(choice)) for choice in choices)


def _comparisons(choices: Iterable[Comparison]) -> Options:
    return tuple((choice.value, COMPARISON_WORDS[choice]) for choice in choices)
