"""Policies as pages: what each collects of which calls, and the form that makes them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from callscope.core.agent import Agent
from callscope.core.integration import Integration
from callscope.core.metric_definition import DefinedMetric
from callscope.core.metric_policy import (
    CollectedMetric,
    ConditionOperator,
    ConditionType,
    MetricPolicy,
    PolicyCondition,
    PolicyStatus,
    PolicyType,
)
from callscope.services.metric_catalogue import Catalogue, is_judged
from callscope.services.metric_policies import setting_of
from callscope.web.formatting import constant_words
from callscope.web.policy_form import PolicyForm
from callscope.web.views.metric_catalogue import by_family
from callscope.web.views.metric_page import setting_words
from callscope.web.views.metric_words import SETTING_WORDS, href_of, kind_of

Options = tuple[tuple[str, str], ...]

METRICS_NAMED = 4
OPERATOR_WORDS = {
    ConditionOperator.EQUALS: "is",
    ConditionOperator.NOT_EQUALS: "is not",
    ConditionOperator.CONTAINS: "contains",
    ConditionOperator.STARTS_WITH: "starts with",
    ConditionOperator.GREATER_THAN: "is over",
    ConditionOperator.LESS_THAN: "is under",
    ConditionOperator.GREATER_THAN_OR_EQUALS: "is at least",
    ConditionOperator.LESS_THAN_OR_EQUALS: "is at most",
}
TYPE_WORDS = {
    ConditionType.AGENT: "Agent",
    ConditionType.CALL_SOURCE: "Source",
    ConditionType.CALL_PROPERTY: "Property",
    ConditionType.INTEGRATION: "Integration",
}
PROPERTY_OPERATORS: Options = tuple((one.value, OPERATOR_WORDS[one]) for one in ConditionOperator)
PLAIN_OPERATORS = PROPERTY_OPERATORS[:2]
SOURCES = ("API", *dict.fromkeys(one.source for one in Integration))
INTEGRATIONS: Options = (("", "choose one"), *((one.value, one.value) for one in Integration))


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyView:
    """A policy ready to show. `conditions` are alternatives, each of sentences that must all hold; none: every call."""

    id: UUID
    href: str
    name: str
    is_active: bool
    is_system: bool
    conditions: tuple[tuple[str, ...], ...]
    summary: str
    metrics: tuple[tuple[str, str, str, str], ...]
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricChoice:
    """A metric to tick. `setting` labels what it can be told, empty for one that takes nothing."""

    slug: str
    name: str
    kind: str
    is_chosen: bool
    setting: str
    is_lines: bool
    told: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFormPage:
    """The form of a new policy, or of the one called `title`."""

    form: PolicyForm
    title: str
    action: str
    draft_action: str
    back_href: str
    families: tuple[tuple[str, tuple[MetricChoice, ...]], ...]
    agents: Options
    problems: Mapping[str, str]
    types: Options
    property_operators: Options = PROPERTY_OPERATORS
    plain_operators: Options = PLAIN_OPERATORS
    integrations: Options = INTEGRATIONS
    sources: tuple[str, ...] = SOURCES


def view_policy(policy: MetricPolicy, catalogue: Catalogue, agents: Sequence[Agent]) -> PolicyView:
    """Return a policy ready to show."""
    names = {str(agent.id): agent.name for agent in agents}
    collected = [
        (metric, one) for one in policy.metrics if (metric := catalogue.by_id.get(one.source.definition_id)) is not None
    ]
    return PolicyView(
        id=policy.id,
        href=f"/policies/{policy.id}",
        name=policy.name,
        is_active=policy.status is PolicyStatus.ACTIVE,
        is_system=policy.type is PolicyType.SYSTEM,
        conditions=tuple(tuple(condition_words(one, names) for one in group) for group in policy.groups),
        summary=_summary([metric for metric, _ in collected]),
        metrics=tuple(_collected(metric, one) for metric, one in collected),
        updated_at=policy.updated_at,
    )


def view_policy_form(
    form: PolicyForm,
    catalogue: Catalogue,
    agents: Sequence[Agent],
    *,
    policy: MetricPolicy | None,
    problems: Mapping[str, str],
) -> PolicyFormPage:
    """Return the form, every fault at its field."""
    base = "/policies" if policy is None else f"/policies/{policy.id}"
    return PolicyFormPage(
        form=form,
        title="New policy" if policy is None else f"Edit {policy.name}",
        action=base if policy is None else f"{base}/edit",
        draft_action="/policies/draft" if policy is None else f"{base}/draft",
        back_href=base,
        families=tuple(
            (constant_words(family), tuple(_choice(metric, form, problems) for metric in members))
            for family, members in by_family(_collectable(catalogue))
        ),
        agents=(("", "choose one"), *((str(agent.id), agent.name) for agent in agents)),
        problems=problems,
        types=tuple((one.value, TYPE_WORDS[one].lower()) for one in ConditionType),
    )


def form_of_policy(policy: MetricPolicy, catalogue: Catalogue) -> PolicyForm:
    """Return the form of a policy that is there."""
    known = [
        (metric.slug, one)
        for one in policy.metrics
        if (metric := catalogue.by_id.get(one.source.definition_id)) is not None
    ]
    return PolicyForm(
        name=policy.name,
        status=policy.status.value,
        metrics=tuple(slug for slug, _ in known),
        settings={slug: "\n".join(one.setting.texts) for slug, one in known if one.setting is not None},
        groups=tuple(
            tuple(
                {
                    "group": str(number),
                    "type": one.type.value,
                    "key": one.key,
                    "operator": (one.operator or ConditionOperator.EQUALS).value,
                    "value": one.value or "",
                }
                for one in group
            )
            for number, group in enumerate(policy.groups)
        ),
    )


def condition_words(condition: PolicyCondition, agent_names: Mapping[str, str]) -> str:
    """Return a condition as a sentence: `Agent is Front desk`, `Property plan_tier contains gold`."""
    operator = OPERATOR_WORDS[condition.operator or ConditionOperator.EQUALS]
    label = TYPE_WORDS[condition.type]
    if condition.type is ConditionType.CALL_PROPERTY:
        return f"{label} {condition.key} {operator} {condition.value}"
    return f"{label} {operator} {agent_names.get(condition.key, condition.key)}"


def _collectable(catalogue: Catalogue) -> Iterable[DefinedMetric]:
    """Yield the metrics a policy is needed for: what is measured comes with every call."""
    return (metric for metric in catalogue.by_id.values() if metric.calculation is not None)


def _choice(metric: DefinedMetric, form: PolicyForm, problems: Mapping[str, str]) -> MetricChoice:
    setting = setting_of(metric)
    place = form.metrics.index(metric.slug) if metric.slug in form.metrics else None
    return MetricChoice(
        slug=metric.slug,
        name=metric.name,
        kind="judge" if is_judged(metric) else kind_of(metric),
        is_chosen=place is not None,
        setting="" if setting is None else SETTING_WORDS[setting],
        is_lines=setting is not None and not setting.is_text,
        told=form.settings.get(metric.slug, ""),
        problem="" if place is None else problems.get(f"metrics.{place}.settings", ""),
    )


def _collected(metric: DefinedMetric, collected: CollectedMetric) -> tuple[str, str, str, str]:
    return metric.name, href_of(metric), kind_of(metric), setting_words(collected.setting)


def _summary(metrics: Sequence[DefinedMetric]) -> str:
    further = len(metrics) - METRICS_NAMED
    named = ", ".join(metric.name for metric in metrics[:METRICS_NAMED])
    return f"{named} and {further} more" if further > 0 else named
