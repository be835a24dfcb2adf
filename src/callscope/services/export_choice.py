"""Which columns a project's calls can be exported in, what they are called, and the choice among them."""

import difflib
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.call import PropertyType, Role
from callscope.core.errors import InvalidInput
from callscope.core.metric import MetricScope, ValueType
from callscope.core.metric_definition import DefinedMetric, Threshold
from callscope.services.export_columns import (
    DOCUMENT,
    FIGURES,
    FIXED,
    CellValue,
    ColumnType,
    ExportColumn,
    ExportedCall,
)
from callscope.services.metric_catalogue import metrics_by_slug
from callscope.storage import properties

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

METRIC_CHOICE = "metric:"
"""What a metric's slug stands behind where its columns are chosen by it."""
PROPERTIES_CHOICE = "properties"
PROPERTY_PREFIX, METRIC_PREFIX = "property", "metric"
RESERVED = frozenset(
    {
        *(column.name for column in (*FIXED, *FIGURES)),
        *(column.choice for column in FIGURES if column.choice),
        DOCUMENT,
        PROPERTY_PREFIX,
        METRIC_PREFIX,
    }
)
"""What no column of a metric is called, whatever its slug."""

METRIC_TYPES = {
    ValueType.BOOLEAN: ColumnType.BOOLEAN,
    ValueType.TEXT: ColumnType.TEXT,
    ValueType.CLASSIFICATION: ColumnType.TEXT,
}
"""Those of metrics that give something else than a number."""
PROPERTY_TYPES = {PropertyType.NUMBER: ColumnType.NUMBER, PropertyType.BOOLEAN: ColumnType.BOOLEAN}
"""Those of properties that are no text; nested ones are written as JSON."""
TYPES_OF_VALUES = {
    bool: ColumnType.BOOLEAN,
    int: ColumnType.NUMBER,
    float: ColumnType.NUMBER,
    str: ColumnType.TEXT,
}

UNIT_WORDS = {"/10": "of_10", "%": "percent"}
"""Symbols of units that cannot stand in a name."""
SAID_BY = {"ratio": ("_ratio", "_rate")}
"""Ends of slugs that say the unit in another word."""


async def read_columns(session: "AsyncSession", project_id: UUID) -> tuple[ExportColumn, ...]:
    """Return every column a project's calls can be exported in: those every file has, figures, properties, metrics."""
    types = await properties.read_types(session, project_id)
    metrics = await metrics_by_slug(session, project_id)
    return (
        *FIXED,
        *FIGURES,
        *(_property_column(name, types[name]) for name in sorted(types)),
        *metric_columns(metrics.values()),
    )


def choose_columns(names: Collection[str], columns: Sequence[ExportColumn]) -> tuple[ExportColumn, ...]:
    """Return the columns every file has, then the others of `columns` that `names` mean, each once, in their order.

    A name is a column's, or its `choice`. Raises InvalidInput for one that means no column.
    """
    wanted, further = set(names), tuple(column for column in columns if column.choice is not None)
    # A project without properties has no column of them, and yet they can be asked for.
    known = {PROPERTIES_CHOICE, *(column.name for column in columns), *(column.choice for column in further)}
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:
        raise InvalidInput.at("column", message=_no_column(unknown, [column.name for column in further]))
    return (*FIXED, *(column for column in further if {column.name, column.choice} & wanted))


def _no_column(unknown: str, names: Sequence[str]) -> str:
    longer = [name for name in names if name.startswith(unknown)]
    near = (longer or difflib.get_close_matches(unknown, names))[:3]
    hint = f" Near to it: {', '.join(f'`{name}`' for name in near)}." if near else ""
    return (
        f"`column`: there is no column `{unknown}` in this project.{hint} "
        "`callscope columns` and the button Columns on the page Calls show what there is."
    )


def metric_columns(metrics: Iterable[DefinedMetric]) -> tuple[ExportColumn, ...]:
    """Return the columns of metrics, one for each party where there is a value of each.

    They are called after slug and unit. Who has the name first keeps it: the catalogue, then a project's own by age;
    the next is called `metric.` and its slug, in which no dot can be.
    """
    every = tuple(metrics)
    taken, names = set(RESERVED), dict[str, str]()
    for metric in sorted(every, key=lambda one: not one.is_system):
        name = _name_with_unit(metric)
        names[metric.slug] = f"{METRIC_PREFIX}.{metric.slug}" if name in taken else name
        taken.add(name)
    by_id = {metric.id: metric for metric in every}
    return tuple(
        _metric_column(metric, names[metric.slug], role) for metric in every for role in _parties(metric, by_id)
    )


def _metric_column(metric: DefinedMetric, name: str, role: Role | None) -> ExportColumn:
    type_ = METRIC_TYPES.get(metric.value_type, ColumnType.NUMBER)
    return ExportColumn(
        name=name if role is None else f"{name}.{role}",
        type=type_,
        read=_value_reader(metric.slug, role, type_),
        label=metric.name if role is None else f"{metric.name}, {role}",
        choice=f"{METRIC_CHOICE}{metric.slug}",
    )


def _value_reader(slug: str, role: Role | None, type_: ColumnType) -> Callable[[ExportedCall], CellValue]:
    """Return what reads a metric's value; another type's, from before a plug-in changed its mind, is passed over."""

    def read(call: ExportedCall) -> CellValue:
        of_party = (value.value for value in call.values.get(slug, ()) if role is None or value.role is role)
        return next((value for value in of_party if TYPES_OF_VALUES.get(type(value)) is type_), None)

    return read


def _parties(metric: DefinedMetric, by_id: Mapping[UUID, DefinedMetric]) -> tuple[Role | None, ...]:
    """Return the parties it has values of; None alone for one value, whoever it speaks of.

    A threshold has a value for each party its source has one of.
    """
    if metric.role is not None:
        return (None,)
    if metric.scope is MetricScope.PER_PARTICIPANT:
        return tuple(Role)
    if isinstance(metric.calculation, Threshold) and metric.calculation.condition.role is None:
        source = by_id.get(metric.calculation.condition.source.definition_id)
        return (None,) if source is None else _parties(source, by_id)
    return (None,)


def _name_with_unit(metric: DefinedMetric) -> str:
    if metric.value_type is ValueType.COUNT:
        unit = "count"
    else:
        symbol = "" if metric.unit is None else metric.unit.symbol
        unit = UNIT_WORDS.get(symbol) or re.sub(r"[^a-z0-9]+", "_", symbol.lower()).strip("_")
    is_said = not unit or metric.slug.endswith(SAID_BY.get(unit, f"_{unit}"))
    return metric.slug if is_said else f"{metric.slug}_{unit}"


def _property_column(name: str, type_: PropertyType) -> ExportColumn:
    def read(call: ExportedCall) -> CellValue:
        value = call.document.properties.get(name)
        if isinstance(value, dict | list):
            return json.dumps(value, ensure_ascii=False)
        return value

    return ExportColumn(
        name=f"{PROPERTY_PREFIX}.{name}",
        type=PROPERTY_TYPES.get(type_, ColumnType.TEXT),
        read=read,
        label="Property",
        choice=PROPERTIES_CHOICE,
    )
