"""The columns of the list of calls: which there are, which are shown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from callscope.core.call_query import CallSort
from callscope.core.metric import ValueType
from callscope.core.metric_definition import DefinedMetric
from callscope.services.export_choice import METRIC_CHOICE, PROPERTIES_CHOICE
from callscope.services.export_columns import ANALYSIS_CHOICE, FIGURE_CHOICES

MAX_CHOSEN = 30
NUMBERS = frozenset({ValueType.SCALE, ValueType.NUMERIC, ValueType.COUNT, ValueType.OFFSET})


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column; `sort_by` is what a click on its heading orders by, `metric` what it shows of a call's values."""

    id: str
    label: str
    is_number: bool = False
    sort_by: CallSort | None = None
    metric: DefinedMetric | None = None

    @property
    def is_own(self) -> bool:
        """Whether it shows a metric that the project defined itself."""
        return self.metric is not None and not self.metric.is_system


FIXED = (
    Column(id="started", label="Started", sort_by=CallSort.STARTED_AT),
    Column(id="strip", label="Who spoke when"),
    Column(id="agent", label="Agent"),
    Column(id="customer", label="Customer"),
    Column(id="length", label="Length", is_number=True, sort_by=CallSort.DURATION),
    Column(id="response", label="Response p95", is_number=True),
    Column(id="barge_ins", label="Barge-ins failed", is_number=True),
    Column(id="tools", label="Tools failed", is_number=True),
    Column(id="ended", label="Ended"),
    Column(id="analysis", label="Analysis"),
    Column(id="properties", label="Properties"),
    Column(id="direction", label="Direction"),
    Column(id="interface", label="Interface"),
    Column(id="source", label="Source"),
    Column(id="external_id", label="External id"),
)
ALWAYS = "started"
DEFAULT = (
    "started",
    "strip",
    "agent",
    "customer",
    "length",
    "response",
    "barge_ins",
    "tools",
    "ended",
    "analysis",
)
CHOSEN_IN_FILES = FIGURE_CHOICES | {ANALYSIS_CHOICE, PROPERTIES_CHOICE}
"""The ids of those whose content is not in every file, but in those that are asked for it."""


def every_column(metrics: Iterable[DefinedMetric]) -> tuple[Column, ...]:
    """Return all columns there are for a project with these metrics, theirs last."""
    of_metrics = (
        Column(
            id=f"{METRIC_CHOICE}{metric.slug}",
            label=metric.name,
            is_number=metric.value_type in NUMBERS,
            metric=metric,
        )
        for metric in metrics
    )
    return (*FIXED, *of_metrics)


def chosen_columns(ids: Sequence[str], columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return those of `columns` that have the ids, in their order; the default ones when none is known."""
    known = {column.id for column in columns}
    wanted = set([one for one in ids if one in known][:MAX_CHOSEN]) or set(DEFAULT)
    return tuple(column for column in columns if column.id in wanted | {ALWAYS})


def file_choice(shown: Iterable[Column]) -> tuple[str, ...]:
    """Return the ids by which a file is asked for what the columns show and not every file has."""
    return tuple(column.id for column in shown if column.metric is not None or column.id in CHOSEN_IN_FILES)
