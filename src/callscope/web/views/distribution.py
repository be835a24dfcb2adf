"""How the values of a metric lie over a project's newest calls: bars with their table, shares, or texts."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from callscope.core.call import Role
from callscope.core.metric import Unit, ValueState
from callscope.core.metric_figures import RecentValue
from callscope.metrics.statistics import percentile
from callscope.web.formatting import quantity
from callscope.web.list_address import ListAddress

MOST_BARS = 12
REASONS_SHOWN = 3
TEXTS_SHOWN = 8
FINEST_WIDTH = 1e-300
"""Numbers that lie closer together are one: near the smallest that a float can tell, there is no round width."""
BAR_WIDTH, PLOT_HEIGHT = 40, 100
LABEL_COLOURS = ("agent", "customer", "tool", "part-stt", "part-llm", "part-tts", "overlap", "gap-fair", "gap-other")
STATES = (
    (ValueState.SUCCESS, "A value", "gap-quick"),
    (ValueState.NOT_APPLICABLE, "Does not apply", "gap-other"),
    (ValueState.DATA_MISSING, "No data", "gap-fair"),
    (ValueState.ERROR, "Error", "gap-severe"),
)

Share = tuple[str, int, str, str | None]
"""A part of a whole as the macro `split` takes it: label, count, colour, address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Values from `since` to before `until`, drawn as a box; `href` leads to the calls that have them."""

    label: str
    count: int
    href: str | None
    x: int
    y: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyDistribution:
    """The values of one party, or of the call; `bars` for numbers, `shares` for yes, no and labels."""

    party: str
    count: int
    bars: tuple[Bar, ...] = ()
    width: int = 0
    facts: tuple[tuple[str, str], ...] = ()
    shares: tuple[Share, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionView:
    """All of it; `reasons` are the commonest reasons for there being no value, with how often each was given."""

    call_count: int
    states: tuple[Share, ...]
    parties: tuple[PartyDistribution, ...]
    reasons: tuple[tuple[str, int], ...]


def view_distribution(
    values: Sequence[RecentValue], slug: str, unit: Unit | None, *, is_of_calls: bool
) -> DistributionView:
    """Return how the values lie, each party's by itself. Lists of calls are found by values of whole calls only."""
    linked = slug if is_of_calls else None
    states = Counter(value.state for value in values)
    reasons = Counter(value.reason for value in values if value.state is not ValueState.SUCCESS and value.reason)
    present = [value for value in values if value.value is not None]
    roles = sorted({value.role for value in present}, key=lambda role: (role is not None, role is Role.CUSTOMER))
    return DistributionView(
        call_count=len({value.call_id for value in values}),
        states=tuple((label, states[state], colour, None) for state, label, colour in STATES if states[state]),
        parties=tuple(_party([one for one in present if one.role is role], role, linked, unit) for role in roles),
        reasons=tuple(reasons.most_common(REASONS_SHOWN)),
    )


def _party(values: Sequence[RecentValue], role: Role | None, slug: str | None, unit: Unit | None) -> PartyDistribution:
    party = "" if role is None else role.value.capitalize()
    if all(isinstance(value.value, bool) for value in values):
        return _verdicts(values, party, slug)
    if all(value.number is not None for value in values):
        return _numbers([value.number for value in values if value.number is not None], party, slug, unit)
    return _labels(values, party, slug)


def _verdicts(values: Sequence[RecentValue], party: str, slug: str | None) -> PartyDistribution:
    counts = Counter(value.value for value in values)
    shares = tuple(
        (label, counts[truth], colour, _calls_with(slug, str(truth).lower()))
        for truth, label, colour in ((True, "Yes", "agent"), (False, "No", "gap-other"))
        if counts[truth]
    )
    return PartyDistribution(party=party, count=len(values), shares=shares)


def _labels(values: Sequence[RecentValue], party: str, slug: str | None) -> PartyDistribution:
    """Return shares of labels that come again, the newest as they are where each is its own."""
    counts = Counter(str(value.value) for value in values)
    if len(counts) > len(LABEL_COLOURS):
        texts = tuple((str(value.value), f"/calls/{value.call_id}") for value in values[:TEXTS_SHOWN])
        return PartyDistribution(party=party, count=len(values), texts=texts)
    shares = tuple(
        (label, count, colour, _calls_with(slug, label))
        for (label, count), colour in zip(counts.most_common(), LABEL_COLOURS, strict=False)
    )
    return PartyDistribution(party=party, count=len(values), shares=shares)


def _numbers(numbers: Sequence[float], party: str, slug: str | None, unit: Unit | None) -> PartyDistribution:
    edges = _edges(min(numbers), max(numbers), is_whole=all(number.is_integer() for number in numbers))
    counts = [0] * (len(edges) - 1)
    for number in numbers:
        counts[min(len(counts) - 1, sum(number >= edge for edge in edges[1:]))] += 1
    bars = tuple(_bar(at, edges, counts, slug, unit) for at in range(len(counts)))
    points = (("Least", 0.0), ("5 %", 0.05), ("Median", 0.5), ("95 %", 0.95), ("Most", 1.0))
    facts = tuple((name, quantity(_tidy(percentile(numbers, share)), unit)) for name, share in points)
    return PartyDistribution(
        party=party,
        count=len(numbers),
        bars=bars,
        width=len(bars) * BAR_WIDTH,
        facts=facts,
        words=f"{len(numbers)} values; median {facts[2][1]}, from {facts[0][1]} to {facts[-1][1]}",
    )


def _edges(least: float, most: float, *, is_whole: bool) -> list[float]:
    """Return the ends of at most `MOST_BARS` stretches of round width that hold all from `least` to `most`."""
    finest = ((most - least) or abs(most)) / MOST_BARS
    width = _round_up(finest) if finest > FINEST_WIDTH else 1.0
    width = max(1.0, width) if is_whole else width
    first = math.floor(least / width)
    count = math.floor(most / width) - first + 1
    return [_tidy((first + at) * width) for at in range(count + 1)]


def _round_up(width: float) -> float:
    """Return the next of 1, 2 and 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(width))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= width * (1 - 1e-9))


def _tidy(number: float) -> float:
    return float(f"{number:.10g}")


def _bar(at: int, edges: Sequence[float], counts: Sequence[int], slug: str | None, unit: Unit | None) -> Bar:
    since, until = edges[at], edges[at + 1]
    height = PLOT_HEIGHT * counts[at] / max(counts)
    return Bar(
        label=f"{quantity(since, unit)} to {quantity(until, unit)}",
        count=counts[at],
        href=_calls_between(slug, since, until) if counts[at] else None,
        x=at * BAR_WIDTH,
        y=round(PLOT_HEIGHT - height, 1),
        height=round(height, 1),
    )


def _calls_between(slug: str | None, since: float, until: float) -> str | None:
    if slug is None:
        return None
    bounds = ((f"metric[{slug}][gte]", f"{since:.10g}"), (f"metric[{slug}][lt]", f"{until:.10g}"))
    return ListAddress(pairs=bounds).href()


def _calls_with(slug: str | None, value: str) -> str | None:
    return None if slug is None else ListAddress(pairs=((f"metric[{slug}]", value),)).href()
