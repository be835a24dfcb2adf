"""The catalogue of this installation: what the family folders and installed plug-ins bring."""

import functools
import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import ClassVar

from callscope import metrics
from callscope.core.errors import CallscopeError, NotFound
from callscope.metrics import checks
from callscope.metrics.definition import MetricDefinition

ENTRY_POINT_GROUP = "callscope.metrics"
NO_FAMILIES = frozenset({"derived", "judging"})
"""Packages beside the families: how metrics are evaluated that no code of their own computes."""


class BrokenCatalogue(CallscopeError):
    """A metric module or plug-in that cannot be taken as it is; whoever installed it must mend or remove it."""

    code: ClassVar[str] = "broken_metric_catalogue"


class MetricNotFound(NotFound):
    """No metric of the catalogue bears this slug."""


@functools.cache
def definitions() -> tuple[MetricDefinition, ...]:
    """Return every metric of this installation, ordered by family and slug.

    Raises:
        BrokenCatalogue: two metrics share a slug, or a module or plug-in brings something else than a definition.
    """
    return load(entry_points(group=ENTRY_POINT_GROUP))


@functools.cache
def computed() -> tuple[MetricDefinition, ...]:
    """Return the metrics that their own code computes: no judge is asked, no other metric is read."""
    return tuple(definition for definition in definitions() if definition.calculation is None)


def get(slug: str) -> MetricDefinition:
    """Return the metric of that slug.

    Raises:
        MetricNotFound: there is none.
    """
    definition = _by_slug().get(slug)
    if definition is None:
        raise MetricNotFound(f"There is no metric with the slug {slug!r}.", param="slug")
    return definition


def load(plugins: Iterable[EntryPoint]) -> tuple[MetricDefinition, ...]:
    """Return the built-in metrics and those of `plugins`; see `definitions`, which caches it."""
    origins: dict[str, str] = {}
    found: dict[str, MetricDefinition] = {}
    for origin, definition in [*_built_in(), *_plugged_in(plugins)]:
        slug = definition.slug
        if slug in found and found[slug].lacks is None:
            raise BrokenCatalogue(f"The metric slug {slug!r} is claimed by both {origins[slug]} and {origin}.")
        origins[slug], found[slug] = origin, definition
    return tuple(sorted(found.values(), key=lambda definition: (definition.family, definition.slug)))


@functools.cache
def _by_slug() -> dict[str, MetricDefinition]:
    return {definition.slug: definition for definition in definitions()}


def _built_in() -> Iterator[tuple[str, MetricDefinition]]:
    for family in _family_packages():
        for found in pkgutil.iter_modules(family.__path__, f"{family.__name__}."):
            yield found.name, _definition_of(importlib.import_module(found.name))
    for check in checks.definitions():
        yield f"{checks.__name__} ({check.slug})", check


def _family_packages() -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(metrics.__path__, f"{metrics.__name__}."):
        if found.ispkg and found.name.rsplit(".", 1)[-1] not in NO_FAMILIES:
            yield importlib.import_module(found.name)


def _definition_of(module: ModuleType) -> MetricDefinition:
    definition = getattr(module, "METRIC", None)
    if not isinstance(definition, MetricDefinition):
        raise BrokenCatalogue(f"{module.__name__} stands in a family folder but defines no METRIC.")
    family, slug = module.__name__.split(".")[-2:]
    if (definition.family, definition.slug) != (family, slug):
        raise BrokenCatalogue(
            f"{module.__name__} must define family {family!r} and slug {slug!r}, "
            f"it defines {definition.family!r} and {definition.slug!r}."
        )
    return definition


def _plugged_in(plugins: Iterable[EntryPoint]) -> Iterator[tuple[str, MetricDefinition]]:
    for plugin in plugins:
        origin = f"plug-in {plugin.name!r} ({plugin.value})"
        brought = plugin.load()
        for position, definition in enumerate(brought if isinstance(brought, tuple | list) else (brought,)):
            if not isinstance(definition, MetricDefinition):
                raise BrokenCatalogue(f"{origin} brings {definition!r}, which is no MetricDefinition.")
            yield f"{origin}, item {position}", definition
