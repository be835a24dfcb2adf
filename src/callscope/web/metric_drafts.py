"""Drafts of metrics: forms made into what services take, and tried on a call before anything is saved."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.errors import InvalidInput
from callscope.core.metric_definition import CalculationType, DefinedMetric
from callscope.services import metric_definitions, playground
from callscope.services.metric_catalogue import Catalogue, read_catalogue
from callscope.services.metric_definitions import NewMetric
from callscope.services.playground import Trial
from callscope.web.metric_form import MetricForm, contexts_of, to_changes, to_new_metric, to_threshold
from callscope.web.pages import Pages

if TYPE_CHECKING:
    from callscope.storage.engine import Session

CALL_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


async def new_metric_of(session: "Session", project_id: UUID, form: MetricForm, catalogue: Catalogue) -> NewMetric:
    """Return the metric that a form describes. Raises InvalidInput."""
    if form.kind is not CalculationType.THRESHOLD:
        return to_new_metric(form, catalogue)
    source_id, threshold = to_threshold(form, catalogue)
    name, slug, description = (form.get(field).strip() for field in ("name", "slug", "description"))
    new = await metric_definitions.threshold_on(
        session, project_id, str(source_id), threshold, name=name or None, slug=slug or None
    )
    return replace(new, description=description or new.description)


async def try_form(pages: Pages, project_id: UUID, form: MetricForm, metric: DefinedMetric | None) -> Trial:
    """Score a call with what stands in a form; `metric` is the one it changes.

    Raises InvalidInput for a rule the draft breaks, CallNotFound.
    """
    async with pages.reads() as session:
        catalogue = await read_catalogue(session, project_id)
        if metric is None:
            new = await new_metric_of(session, project_id, form, catalogue)
        else:
            new = changed_metric_of(form, metric, catalogue)
        draft = await playground.prepare(session, project_id, call_of(form), new, pages.judge)
    trial = await playground.try_draft(draft, pages.judge, now=pages.clock.now())
    async with pages.transactions.begin() as session:
        await playground.record_use(session, project_id, trial)
    return trial


def changed_metric_of(form: MetricForm, metric: DefinedMetric, catalogue: Catalogue) -> NewMetric:
    """Return a metric as the form changes it. Raises InvalidInput."""
    if metric.calculation is None:
        raise ValueError("a metric of the catalogue is not changed by a form")
    changes = to_changes(form, metric.calculation, catalogue)
    return NewMetric(
        name=form.get("name"),
        slug=None,
        description=metric.description,
        value_type=metric.value_type,
        scope=metric.scope,
        role=metric.role,
        contexts=contexts_of(form) if metric.supports_variants else metric.contexts,
        calculation=metric_definitions.with_changes(metric.calculation, changes),
        package_id=metric.package_id,
    )


def call_of(form: MetricForm) -> UUID:
    """Return the call to try a draft on: of a pasted address or id, else the one chosen. Raises InvalidInput."""
    pasted = form.get("callAddress").strip()
    found = CALL_ID.search(pasted or form.get("call"))
    if found is None:
        message = "That is no address or id of a call." if pasted else "Choose a call, or paste the address of one."
        raise InvalidInput.at("callAddress" if pasted else "call", message=message)
    return UUID(found[0])
