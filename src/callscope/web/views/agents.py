"""Agents in figures: a row each, outcomes, prompt versions with what changed between them."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from callscope.core.call_figures import FAILED_ENDS
from callscope.core.fleet import AgentFigures, FleetFigures, FleetScope, PromptVersionFigures
from callscope.web.formatting import constant_words
from callscope.web.views.fleet import MEASUREMENTS, Chart, list_of
from callscope.web.views.metrics import Figure
from callscope.web.views.period import Period

CONTEXT_LINES = 2
MAX_DIFF_LINES = 400
COLOURS = ("gap-quick", "customer", "agent", "tool", "overlap", "wave-idle")

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRow:
    """One agent's figures, in the order of `MEASUREMENTS`."""

    name: str
    href: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffLine:
    """One line of the difference between two prompts: `mark` is `+`, `-` or nothing."""

    mark: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """A prompt's version: figures of its calls, and what changed since the version before (None for the first)."""

    label: str
    created_at: datetime
    cells: tuple[str, ...]
    href: str
    diff: tuple[DiffLine, ...] | None
    prompt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPage:
    """Everything on the page of an agent."""

    id: str
    name: str
    note: str
    period: Period
    tabs: tuple[tuple[str, str, bool], ...]
    figures: tuple[Figure, ...]
    charts: tuple[Chart, ...]
    outcomes: tuple[tuple[str, int, str, str], ...]
    versions: tuple[VersionView, ...]
    measurements: tuple[str, ...]
    against: str
    options: Options
    list_href: str


def cells_of(figures: FleetFigures) -> tuple[str, ...]:
    """Return an agent's or version's figures as a row of a table."""
    return tuple(
        one.show(one.measure(figures)) + (f" ({counts})" if (counts := one.counts(figures)) else "")
        for one in MEASUREMENTS
    )


def view_agent_rows(found: Sequence[AgentFigures], period: Period) -> tuple[AgentRow, ...]:
    """Return a row for each agent."""
    return tuple(
        AgentRow(name=one.name, href=f"/agents/{one.agent_id}?period={period.id}", cells=cells_of(one.figures))
        for one in found
    )


def view_outcomes(ends: Mapping[str | None, int], scope: FleetScope) -> tuple[tuple[str, int, str, str], ...]:
    """Return how calls ended as the parts of a bar: label, number, colour, address of the calls."""
    address = list_of(scope)
    parts = []
    plain = iter(COLOURS)
    for status, count in ends.items():
        if status is None:
            parts.append(("Not known", count, "gap-other", ""))
            continue
        colour = "gap-severe" if status in FAILED_ENDS else next(plain, COLOURS[-1])
        parts.append((constant_words(status), count, colour, address.with_pair("endedStatus", status).href()))
    return tuple(parts)


def view_versions(found: Sequence[PromptVersionFigures], agent_href: str) -> tuple[VersionView, ...]:
    """Return the versions, newest first, each with what changed since the one before of its lineage."""
    earlier = {(one.source, one.number): one for one in found}
    return tuple(
        VersionView(
            label=f"{constant_words(one.source)} {one.number}",
            created_at=one.created_at,
            cells=cells_of(one.figures),
            href=f"{agent_href}&version={one.version_id}",
            diff=diff_prompts(before.prompt, one.prompt)
            if (before := earlier.get((one.source, one.number - 1)))
            else None,
            prompt=one.prompt,
        )
        for one in found
    )


def diff_prompts(before: str, after: str) -> tuple[DiffLine, ...]:
    """Return the lines that changed, with a few around them; at most `MAX_DIFF_LINES`."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=CONTEXT_LINES)
    found = [line for line in lines if not line.startswith(("---", "+++"))][:MAX_DIFF_LINES]
    return tuple(
        DiffLine(mark=line[0].strip(), text=line[1:]) if line[0] != "@" else DiffLine(mark="", text="…")
        for line in found
    )


def compare_options(
    period: Period, agents: Sequence[AgentFigures], versions: Sequence[PromptVersionFigures], own_id: str
) -> Options:
    """Return what an agent may be drawn against: its own past, other agents, versions of its prompts."""
    others = ((f"agent:{one.agent_id}", one.name) for one in agents if str(one.agent_id) != own_id)
    prompts = ((f"version:{one.version_id}", f"prompt {constant_words(one.source)} {one.number}") for one in versions)
    return (("before", period.before), *others, *prompts)
