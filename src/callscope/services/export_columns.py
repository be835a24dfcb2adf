"""The columns of exported tables: what each holds of a call, and those that every file has."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from callscope.core.analysis import Analysis
from callscope.core.call_figures import CallFigures
from callscope.core.metric import MetricContext, MetricValue
from callscope.services.call_documents import CallDocument

CellValue = str | int | float | bool | datetime | None
"""What stands in a cell; None where the call has no value."""


class ColumnType(StrEnum):
    """What the values of a column are; a NUMBER may have a fraction."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedCall:
    """A call as columns read it.

    `values` are those of the call as a whole, by metric. `figures` and `analysis` (the newest) are None where no column
    asks for them, or the call has none.
    """

    document: CallDocument
    values: Mapping[str, Sequence[MetricValue]]
    figures: CallFigures | None
    analysis: Analysis | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportColumn:
    """One column; its name is unique in a file.

    `choice` is what else it is chosen by, together with others that belong to it: a column of the list of calls.
    """

    name: str
    type: ColumnType
    read: Callable[[ExportedCall], CellValue]
    label: str = ""
    choice: str | None = None


def whole_call_values(document: CallDocument) -> Mapping[str, Sequence[MetricValue]]:
    """Return the metric values that speak of the whole call, by metric."""
    values: dict[str, list[MetricValue]] = {}
    for each in document.metrics:
        if each.value.context is MetricContext.CALL:
            values.setdefault(each.value.slug, []).append(each.value)
    return values


def _fact(name: str, type_: ColumnType) -> ExportColumn:
    return ExportColumn(name=name, type=type_, read=lambda call: getattr(call.document, name))


def _agents(call: ExportedCall) -> str:
    return "; ".join(agent.name for agent in call.document.agents)


def _customers(call: ExportedCall) -> str:
    return "; ".join(each.phone_number_e164 or each.label or "" for each in call.document.customers)


FIXED = (
    ExportColumn(name="id", type=ColumnType.TEXT, read=lambda call: str(call.document.id)),
    _fact("external_id", ColumnType.TEXT),
    _fact("started_at", ColumnType.TIME),
    _fact("ended_at", ColumnType.TIME),
    _fact("duration_ms", ColumnType.INTEGER),
    _fact("status", ColumnType.TEXT),
    _fact("ended_status", ColumnType.TEXT),
    _fact("call_direction", ColumnType.TEXT),
    _fact("interface_type", ColumnType.TEXT),
    _fact("source", ColumnType.TEXT),
    ExportColumn(name="agents", type=ColumnType.TEXT, read=_agents),
    ExportColumn(name="customers", type=ColumnType.TEXT, read=_customers),
    _fact("title", ColumnType.TEXT),
    _fact("summary", ColumnType.TEXT),
    ExportColumn(
        name="properties",
        type=ColumnType.TEXT,
        read=lambda call: json.dumps(call.document.properties, ensure_ascii=False),
    ),
    _fact("created_at", ColumnType.TIME),
    _fact("updated_at", ColumnType.TIME),
)
"""The columns every file has; several agents or customers are separated by semicolons, properties are JSON."""
DOCUMENT = "document"
"""The column of Parquet, its last, that holds the whole call as JSON."""

ANALYSIS_CHOICE = "analysis"
FIGURE_CHOICES = frozenset({"response", "barge_ins", "tools"})


def _figure(name: str, label: str, choice: str, field: str) -> ExportColumn:
    return ExportColumn(
        name=name,
        type=ColumnType.INTEGER,
        read=lambda call: None if call.figures is None else getattr(call.figures, field),
        label=label,
        choice=choice,
    )


def _analysis_status(call: ExportedCall) -> str | None:
    return None if call.analysis is None else call.analysis.status


FIGURES = (
    _figure("response_time_p95_ms", "Response p95", "response", "response_p95_ms"),
    _figure("barge_ins_failed_count", "Barge-ins failed", "barge_ins", "failed_barge_in_count"),
    _figure("barge_ins_count", "Barge-ins", "barge_ins", "barge_in_count"),
    _figure("tools_failed_count", "Tools failed", "tools", "failed_tool_count"),
    _figure("tools_count", "Tools used", "tools", "tool_count"),
    ExportColumn(
        name="analysis_status",
        type=ColumnType.TEXT,
        read=_analysis_status,
        label="Analysis",
        choice=ANALYSIS_CHOICE,
    ),
)
"""What the list of calls shows of every call beside its facts. No metric of the catalogue has one of these names."""
