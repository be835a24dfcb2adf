"""The form of a policy: what was typed, made into what is collected of which calls."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from callscope.core.metric_definition import DefinedMetric
from callscope.core.metric_policy import (
    ConditionOperator,
    ConditionType,
    MetricSetting,
    PolicyCondition,
    PolicyStatus,
)
from callscope.services.metric_catalogue import Catalogue
from callscope.services.metric_policies import setting_of
from callscope.web.form_reading import FieldReader, Rows, rows_of

MAX_NAME_LENGTH = 512
MAX_TEXT_LENGTH = 4000
MAX_CONDITIONS = 50
CONDITION = ("group", "type", "key", "operator", "value")
SETTING = "setting."
LABELS = {
    "conditionKey": "What",
    "conditionOperator": "Comparison",
    "conditionValue": "Value",
    "name": "Name",
    "metrics": "Metrics",
}

Changes = tuple[dict[str, Any], list[tuple[str, MetricSetting | None]]]
"""Name, status and groups of a policy, and its metrics by slug, each with its setting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyForm:
    """What stands in the form, as typed; `groups` are alternatives of conditions that must all hold."""

    name: str = ""
    status: str = PolicyStatus.ACTIVE.value
    metrics: tuple[str, ...] = ()
    settings: Mapping[str, str]
    groups: tuple[Rows, ...] = ()

    def with_condition(self, type_: ConditionType, group: int) -> "PolicyForm":
        """Return the form with an empty condition in a group, in a new one beyond the last."""
        row = {**dict.fromkeys(CONDITION, ""), "type": type_.value, "operator": ConditionOperator.EQUALS.value}
        groups = list(self.groups) if group < len(self.groups) else [*self.groups, ()]
        place = min(group, len(groups) - 1)
        groups[place] = (*groups[place], row)[:MAX_CONDITIONS]
        return replace(self, groups=tuple(groups)[:MAX_CONDITIONS])

    def without_condition(self, group: int, position: int) -> "PolicyForm":
        """Return the form without a condition; a group without any goes too."""
        groups = [
            tuple(row for at, row in enumerate(rows) if (number, at) != (group, position))
            for number, rows in enumerate(self.groups)
        ]
        return replace(self, groups=tuple(rows for rows in groups if rows))


def read_policy_form(pairs: Iterable[tuple[str, str]]) -> PolicyForm:
    """Return what a form sent."""
    sent = list(pairs)
    fields = dict(sent)
    by_group: dict[str, list[Mapping[str, str]]] = {}
    for row in rows_of(sent, "condition", CONDITION):
        by_group.setdefault(row["group"], []).append(row)
    return PolicyForm(
        name=fields.get("name", ""),
        status=fields.get("status", PolicyStatus.ACTIVE.value),
        metrics=tuple(dict.fromkeys(value for name, value in sent if name == "metric")),
        settings={name.removeprefix(SETTING): value for name, value in sent if name.startswith(SETTING)},
        groups=tuple(map(tuple, by_group.values())),
    )


def to_policy(form: PolicyForm, catalogue: Catalogue) -> Changes:
    """Return what the form makes of a policy. Raises InvalidInput."""
    reader = FieldReader()
    name = reader.text(form.name, "name", longest=MAX_NAME_LENGTH, missing="Give it a name.")
    status = reader.choice(form.status, PolicyStatus, "status")
    if not form.metrics:
        reader.note("metrics", message="Choose at least one metric.")
    by_slug = {metric.slug: metric for metric in catalogue.by_id.values()}
    metrics = [
        (slug, _setting(reader, at, by_slug.get(slug), form.settings.get(slug, "")))
        for at, slug in enumerate(form.metrics)
    ]
    groups = tuple(
        tuple(_condition(reader, row, ("conditions", outer, "conditions", inner)) for inner, row in enumerate(rows))
        for outer, rows in enumerate(form.groups)
    )
    reader.check()
    return {"name": name, "status": status.value, "groups": groups}, metrics


def _setting(reader: FieldReader, at: int, metric: DefinedMetric | None, text: str) -> MetricSetting | None:
    """Return what a metric is told: one text, or one a line; None where nothing was typed."""
    name = None if metric is None else setting_of(metric)
    if name is None or not text.strip():
        return None
    lines = [text.strip()] if name.is_text else [line.strip() for line in text.splitlines() if line.strip()]
    return MetricSetting(
        name=name,
        texts=tuple(reader.text(line, "metrics", at, "settings", longest=MAX_TEXT_LENGTH) for line in lines),
    )


def _condition(reader: FieldReader, row: Mapping[str, str], path: tuple[str | int, ...]) -> PolicyCondition:
    type_ = reader.choice(row["type"], ConditionType, *path, "conditionType")
    value = reader.text(row["value"], *path, "conditionValue", longest=MAX_TEXT_LENGTH)
    is_property = type_ is ConditionType.CALL_PROPERTY
    if is_property and not value:
        reader.note(*path, "conditionValue", message="What is it compared with?")
    missing = "Which property?" if is_property else "Choose which."
    return PolicyCondition(
        type=type_,
        key=reader.text(row["key"], *path, "conditionKey", longest=MAX_NAME_LENGTH, missing=missing),
        operator=reader.choice(row["operator"], ConditionOperator, *path, "conditionOperator"),
        value=value if is_property else None,
    )
