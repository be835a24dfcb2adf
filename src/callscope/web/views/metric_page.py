"""One metric: what it means, how its values lie, which calls to look at, who reads it, and how it changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from callscope.core.metric import Direction, Unit
from callscope.core.metric_definition import DefinedMetric, GradedContext, Judgement
from callscope.core.metric_figures import MetricVersion, PlacedValue
from callscope.core.metric_policy import MetricPolicy, MetricSetting
from callscope.metrics import registry
from callscope.services.metric_catalogue import Catalogue
from callscope.services.metric_figures import MetricFigures
from callscope.services.metric_policies import setting_of
from callscope.web.formatting import clock, constant_words, moment_link, quantity
from callscope.web.installed_parts import InstalledParts
from callscope.web.views.call import who
from callscope.web.views.distribution import DistributionView, view_distribution
from callscope.web.views.metric_catalogue import unit_words
from callscope.web.views.metric_words import (
    SETTING_WORDS,
    TYPE_WORDS,
    MissingPart,
    basis_of,
    calculation_words,
    family_of,
    href_of,
    kind_of,
    missing_part,
    sources_of,
    subject_of,
)

REMARKABLE_TITLES = {
    Direction.HIGHER_IS_BETTER: ("Worst calls", "the lowest values"),
    Direction.LOWER_IS_BETTER: ("Worst calls", "the highest values"),
    Direction.NEUTRAL: ("Calls to look at", "the highest values, of texts the newest"),
}
DIRECTION_WORDS = {
    Direction.HIGHER_IS_BETTER: "more is better",
    Direction.LOWER_IS_BETTER: "less is better",
    Direction.NEUTRAL: "neither way is better",
}

Link = tuple[str, str]
"""A name and an address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemarkableCall:
    """A call to look at; `href` leads to the moment that shows why."""

    href: str
    started_at: datetime
    who: str
    party: str
    shown: str
    at: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """One version: `words` is what it computed."""

    number: int
    created_at: datetime
    change_reason: str
    words: str
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricPage:
    """Everything on the page of a metric."""

    id: UUID
    slug: str
    name: str
    description: str
    href: str
    kind: str
    is_own: bool
    is_judged: bool
    is_measured: bool
    missing: MissingPart | None
    facts: tuple[tuple[str, str], ...]
    calculation: str
    edge_cases: tuple[str, ...]
    weaknesses: tuple[str, ...]
    parameters: tuple[tuple[str, str, str], ...]
    options: tuple[tuple[str, str], ...]
    sources: tuple[Link, ...]
    readers: tuple[tuple[str, str, str], ...]
    policies: tuple[tuple[str, str, str], ...]
    setting: str
    distribution: DistributionView
    remarkable: tuple[RemarkableCall, ...]
    remarkable_title: str
    remarkable_note: str
    versions: tuple[VersionView, ...]


def view_metric(
    metric: DefinedMetric,
    catalogue: Catalogue,
    *,
    figures: MetricFigures,
    versions: Sequence[MetricVersion],
    policies: Sequence[MetricPolicy],
    parts: InstalledParts,
    has_judge: bool,
) -> MetricPage:
    """Return the page of a metric in its default variant."""
    definition = registry.get(metric.slug) if metric.is_system else None
    setting = setting_of(metric)
    title, note = REMARKABLE_TITLES[figures.direction]
    return MetricPage(
        id=metric.id,
        slug=metric.slug,
        name=metric.name,
        description=metric.description,
        href=href_of(metric),
        kind=kind_of(metric),
        is_own=not metric.is_system,
        is_judged=isinstance(metric.calculation, Judgement),
        is_measured=metric.calculation is None,
        missing=missing_part(metric, catalogue, parts, has_judge=has_judge),
        facts=_facts(metric, figures.direction),
        calculation=_computed(metric, catalogue),
        edge_cases=() if definition is None else definition.edge_cases,
        weaknesses=() if definition is None else definition.weaknesses,
        parameters=_parameters(metric),
        options=_options(metric),
        sources=tuple((one.name, href_of(one)) for one in sources_of(metric.sources, catalogue)),
        readers=_readers(metric, catalogue),
        policies=tuple(_policy(policy, metric) for policy in policies if _collects(policy, metric)),
        setting="" if setting is None else SETTING_WORDS[setting],
        distribution=view_distribution(
            figures.values, metric.slug, metric.unit, is_of_calls=GradedContext.CALL in metric.contexts
        ),
        remarkable=tuple(_remarkable(one, metric.unit) for one in figures.remarkable),
        remarkable_title=title,
        remarkable_note=note,
        versions=tuple(_version(one, metric, catalogue) for one in versions),
    )


def _readers(metric: DefinedMetric, catalogue: Catalogue) -> tuple[tuple[str, str, str], ...]:
    """Return name, address and kind of the metrics that are made from this one."""
    return tuple((one.name, href_of(one), kind_of(one)) for one in catalogue.by_id.values() if _reads(one, metric))


def setting_words(setting: MetricSetting | None) -> str:
    """Return what a metric is told, on one line."""
    return "" if setting is None else f"{SETTING_WORDS[setting.name]}: {', '.join(setting.texts) or 'all'}"


def _facts(metric: DefinedMetric, direction: Direction) -> tuple[tuple[str, str], ...]:
    return (
        ("Slug", metric.slug),
        ("Family", constant_words(family_of(metric))),
        ("Value", TYPE_WORDS[metric.value_type]),
        ("Unit", "none" if unit_words(metric) == TYPE_WORDS[metric.value_type] else unit_words(metric)),
        ("Speaks of", subject_of(metric)),
        ("Given for", ", ".join(constant_words(context).lower() for context in metric.contexts)),
        ("Computed from", basis_of(metric)),
        ("Direction", DIRECTION_WORDS[direction] if metric.is_system else "not said"),
        ("Version", str(metric.version)),
    )


def _computed(metric: DefinedMetric, catalogue: Catalogue) -> str:
    if metric.calculation is None:
        return registry.get(metric.slug).formula
    return calculation_words(metric.calculation, catalogue)


def _parameters(metric: DefinedMetric) -> tuple[tuple[str, str, str], ...]:
    if not metric.is_system:
        return ()
    return tuple((one.name, str(one.default), one.meaning) for one in registry.get(metric.slug).parameters)


def _options(metric: DefinedMetric) -> tuple[tuple[str, str], ...]:
    """Return the answers a judge may give that have a meaning of their own."""
    asked = metric.calculation
    if not isinstance(asked, Judgement):
        return ()
    labels = (("Yes", asked.true_label), ("No", asked.false_label))
    return (
        *((name, label) for name, label in labels if label),
        *((f"{one.range_min:g} to {one.range_max:g}", one.label) for one in asked.scale_labels),
        *((one.label, one.description) for one in asked.options),
    )


def _reads(reader: DefinedMetric, metric: DefinedMetric) -> bool:
    return any(source.definition_id == metric.id for source in reader.sources)


def _collects(policy: MetricPolicy, metric: DefinedMetric) -> bool:
    return any(one.source.definition_id == metric.id for one in policy.metrics)


def _policy(policy: MetricPolicy, metric: DefinedMetric) -> tuple[str, str, str]:
    setting = next(one.setting for one in policy.metrics if one.source.definition_id == metric.id)
    return policy.name, f"/policies/{policy.id}", setting_words(setting)


def _remarkable(placed: PlacedValue, unit: Unit | None) -> RemarkableCall:
    value, at_ms = placed.value, placed.at_ms
    return RemarkableCall(
        href=f"/calls/{value.call_id}{'' if at_ms is None else moment_link(at_ms)}",
        started_at=placed.call.started_at,
        who=who(placed.call),
        party="" if value.role is None else value.role.value.capitalize(),
        shown="" if value.value is None else quantity(value.value, unit),
        at="" if at_ms is None else clock(at_ms),
        reason=placed.reason or value.reason or "",
    )


def _version(version: MetricVersion, metric: DefinedMetric, catalogue: Catalogue) -> VersionView:
    return VersionView(
        number=version.number,
        created_at=version.created_at,
        change_reason=version.change_reason or "",
        words=calculation_words(version.calculation, catalogue),
        is_current=version.id == metric.version_id,
    )
