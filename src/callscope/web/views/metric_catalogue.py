"""The catalogue as a page: every metric by family, found by words, with what it needs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import urlencode

from callscope.core.metric import ValueType
from callscope.core.metric_definition import DefinedMetric, Derivation, Judgement
from callscope.services.metric_catalogue import Catalogue, is_judged
from callscope.web.formatting import constant_words
from callscope.web.installed_parts import InstalledParts
from callscope.web.views.metric_words import (
    TYPE_WORDS,
    basis_of,
    family_of,
    href_of,
    kind_of,
    missing_part,
)
from callscope.web.views.metrics import FAMILY_ORDER

PATH = "/metrics"
SHOWN: tuple[tuple[str, str, Callable[[DefinedMetric], bool]], ...] = (
    ("", "All", lambda _: True),
    ("own", "Your own", lambda metric: not metric.is_system),
    ("measured", "Measured", lambda metric: metric.calculation is None),
    ("judged", "Judged", is_judged),
    ("derived", "From other metrics", lambda metric: isinstance(metric.calculation, Derivation)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueRow:
    """One metric; `missing` names the part it lacks, empty when it can be collected."""

    slug: str
    name: str
    description: str
    href: str
    kind: str
    unit: str
    basis: str
    is_own: bool
    missing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueFamily:
    """The metrics of one family."""

    id: str
    name: str
    rows: tuple[CatalogueRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CataloguePage:
    """What the page shows of the catalogue."""

    families: tuple[CatalogueFamily, ...]
    tabs: tuple[tuple[str, str, bool], ...]
    search: str
    shown: str
    count: int
    total: int
    has_judge: bool


def view_catalogue(
    catalogue: Catalogue, parts: InstalledParts, *, has_judge: bool, search: str, shown: str
) -> CataloguePage:
    """Return the metrics that have every word of `search`, of the kind `shown`."""
    chosen = next((one for one in SHOWN if one[0] == shown), SHOWN[0])
    words = search.lower().split()
    found = [metric for metric in catalogue.by_id.values() if chosen[2](metric) and _has_words(metric, words)]
    return CataloguePage(
        families=_families(found, catalogue, parts, has_judge=has_judge),
        tabs=tuple((label, _href(search, name), name == chosen[0]) for name, label, _ in SHOWN),
        search=search,
        shown=chosen[0],
        count=len(found),
        total=len(catalogue.by_id),
        has_judge=has_judge,
    )


def unit_words(metric: DefinedMetric) -> str:
    """Return the unit of a metric's values, else what kind of value it gives."""
    if metric.unit is not None:
        return metric.unit.name
    judgement = metric.calculation
    if isinstance(judgement, Judgement) and metric.value_type is ValueType.SCALE:
        return f"{judgement.scale_min} to {judgement.scale_max}"
    return TYPE_WORDS[metric.value_type]


def family_rank(family: str) -> tuple[int, str]:
    """Return where a family stands in lists, as on the page of a call."""
    return FAMILY_ORDER.index(family) if family in FAMILY_ORDER else len(FAMILY_ORDER), family


def by_family(metrics: Iterable[DefinedMetric]) -> list[tuple[str, list[DefinedMetric]]]:
    """Return metrics by family, families in their order, metrics by name."""
    ordered = sorted(metrics, key=lambda metric: (family_rank(family_of(metric)), metric.name.lower()))
    return [(family, list(members)) for family, members in groupby(ordered, key=family_of)]


def _families(
    metrics: Iterable[DefinedMetric], catalogue: Catalogue, parts: InstalledParts, *, has_judge: bool
) -> tuple[CatalogueFamily, ...]:
    return tuple(
        CatalogueFamily(
            id=family.replace(" ", "-").replace("_", "-"),
            name=constant_words(family),
            rows=tuple(_row(metric, catalogue, parts, has_judge=has_judge) for metric in members),
        )
        for family, members in by_family(metrics)
    )


def _row(metric: DefinedMetric, catalogue: Catalogue, parts: InstalledParts, *, has_judge: bool) -> CatalogueRow:
    missing = missing_part(metric, catalogue, parts, has_judge=has_judge)
    return CatalogueRow(
        slug=metric.slug,
        name=metric.name,
        description=metric.description,
        href=href_of(metric),
        kind=kind_of(metric),
        unit=unit_words(metric),
        basis=basis_of(metric),
        is_own=not metric.is_system,
        missing="" if missing is None else missing.name,
    )


def _has_words(metric: DefinedMetric, words: list[str]) -> bool:
    text = f"{metric.name} {metric.slug} {metric.description} {family_of(metric)}".lower()
    return all(word in text for word in words)


def _href(search: str, shown: str) -> str:
    pairs = [(name, value) for name, value in (("q", search), ("kind", shown)) if value]
    return f"{PATH}?{urlencode(pairs)}" if pairs else PATH
