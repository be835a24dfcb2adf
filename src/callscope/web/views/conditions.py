"""The conditions of a filtered list in words, each with the address of the list without it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from callscope.core.agent import Agent
from callscope.core.call_filters import COMPARED, EQUALLED, parse_moment
from callscope.core.call_query import Comparison
from callscope.core.metric import ValueType
from callscope.core.metric_definition import DefinedMetric
from callscope.web.formatting import constant_words, duration, quantity
from callscope.web.list_address import ListAddress

LABELS = {
    "searchText": "Words",
    "customerPhoneNumber": "Customer's number ends in",
    "status": "Call",
    "agentId": "Agent",
    "externalId": "External id",
    "endedStatus": "Ended",
    "callDirection": "Direction",
    "interfaceType": "Interface",
    "source": "Source",
    "startedAfter": "Started from",
    "startedBefore": "Started before",
    "createdAfter": "Sent from",
    "createdBefore": "Sent before",
    "updatedSince": "Changed since",
    "minDurationMs": "At least",
    "maxDurationMs": "At most",
}
MOMENTS = frozenset({"startedAfter", "startedBefore", "createdAfter", "createdBefore", "updatedSince"})
LENGTHS = frozenset({"minDurationMs", "maxDurationMs"})
CONSTANTS = frozenset({"status", "endedStatus", "callDirection", "interfaceType"})
COMPARISON_WORDS = {
    Comparison.EQUAL: "is",
    Comparison.NOT: "is not",
    Comparison.GREATER: "is over",
    Comparison.GREATER_OR_EQUAL: "is at least",
    Comparison.LESS: "is under",
    Comparison.LESS_OR_EQUAL: "is at most",
    Comparison.CONTAINS: "contains",
    Comparison.STARTS_WITH: "starts with",
    Comparison.EXISTS: "is there",
}


TRUTH_WORDS = {"true": "yes", "false": "no"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition: `value` in words, or the `moment` it names."""

    label: str
    value: str
    moment: datetime | None
    remove_href: str


def view_conditions(
    address: ListAddress, agents: Sequence[Agent], metrics: Mapping[str, DefinedMetric]
) -> tuple[Condition, ...]:
    """Return the conditions of an address that was parsed, the search words left out: their field shows them."""
    names = {str(agent.id): agent.name for agent in agents}
    return tuple(_view(pair, address, names, metrics) for pair in address.pairs if pair[0] != "searchText")


def _view(
    pair: tuple[str, str],
    address: ListAddress,
    agent_names: Mapping[str, str],
    metrics: Mapping[str, DefinedMetric],
) -> Condition:
    name, value = pair
    remove_href = address.without(pair).href()
    if name in MOMENTS:
        return Condition(label=LABELS[name], value=value, moment=parse_moment(value), remove_href=remove_href)
    if name not in LABELS:
        label, words = _bracketed_words(name, value, metrics)
        return Condition(label=label, value=words, moment=None, remove_href=remove_href)
    if name in LENGTHS:
        words = duration(int(value))
    elif name in CONSTANTS:
        words = constant_words(value).lower()
    else:
        words = agent_names.get(value, value) if name == "agentId" else value
    return Condition(label=LABELS[name], value=words, moment=None, remove_href=remove_href)


def _bracketed_words(name: str, value: str, metrics: Mapping[str, DefinedMetric]) -> tuple[str, str]:
    found = COMPARED.fullmatch(name) or EQUALLED.fullmatch(name)
    if found is None:
        return name, value
    comparison = Comparison(found[3] if len(found.groups()) > 2 else "")  # noqa: PLR2004 - the pattern with a comparison
    metric = metrics.get(found[2]) if found[1] == "metric" else None
    label = metric.name if metric else found[2].replace("_", " ")
    if comparison is Comparison.EXISTS:
        return label, "is there" if value == "true" else "is not there"
    shown = _with_unit(value, metric) if metric else value
    return label, f"{COMPARISON_WORDS[comparison]} {shown}"


def _with_unit(value: str, metric: DefinedMetric) -> str:
    if metric.value_type is ValueType.BOOLEAN and value in TRUTH_WORDS:
        return TRUTH_WORDS[value]
    try:
        return quantity(float(value), metric.unit)
    except ValueError:
        return value
