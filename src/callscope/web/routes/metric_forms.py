"""The forms in which metrics are made, changed and tried on a call before they are saved."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from callscope.core.call import Call
from callscope.core.call_query import CallQuery, CallSort
from callscope.core.errors import CallNotFound, Conflict, InvalidInput, PermissionMissing
from callscope.core.metric_definition import DefinedMetric
from callscope.core.roles import Role
from callscope.services import calls, metric_definitions
from callscope.services.metric_catalogue import read_catalogue
from callscope.web.form_reading import problems_of
from callscope.web.metric_drafts import call_of, changed_metric_of, new_metric_of, try_form
from callscope.web.metric_form import LABELS, LISTS, MetricForm, read_form, to_changes
from callscope.web.page_route import PageRoute
from callscope.web.pages import FROM_OUR_FORM, Pages, PagesDependency, RequiresRole, Visitor, show
from callscope.web.views.metric_form import empty_form, form_of, kind_named, view_form
from callscope.web.views.metric_words import href_of
from callscope.web.views.trial import TrialView, view_trial

if TYPE_CHECKING:
    from callscope.storage.engine import Session

router = APIRouter(route_class=PageRoute, include_in_schema=False)

CALLS_OFFERED = 20

Maker = Annotated[Visitor, Depends(RequiresRole(Role.MEMBER, "metric:create"))]
Editor = Annotated[Visitor, Depends(RequiresRole(Role.MEMBER, "metric:update"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A form to show, and what came of it."""

    form: MetricForm
    metric: DefinedMetric | None = None
    error: InvalidInput | None = None
    trial: TrialView | None = None


@router.get("/metrics/new")
async def begin_metric(
    request: Request,
    pages: PagesDependency,
    visitor: Maker,
    *,
    kind: str = "",
    source: str = "",
    copy: str = "",
    call: str = "",
) -> Response:
    """Show an empty form, or one that begins as a copy of another metric."""
    form = empty_form(kind_named(kind), source=source, call=call)
    if copy:
        async with pages.reads() as session:
            catalogue = await read_catalogue(session, visitor.project_id)
        copied = catalogue.find(copy)
        form = form_of(copied, catalogue, name=f"{copied.name} (copy)")
    return await _form(request, pages, visitor, Shown(form=form))


@router.post("/metrics", dependencies=[FROM_OUR_FORM])
async def create_metric(request: Request, pages: PagesDependency, visitor: Maker) -> Response:
    """Make the metric, and lead to the calls it could score."""
    form = await _sent(request)
    try:
        async with pages.transactions.begin() as session:
            catalogue = await read_catalogue(session, visitor.project_id)
            new = await new_metric_of(session, visitor.project_id, form, catalogue)
            metric = await metric_definitions.create_metric(session, visitor.project_id, new)
    except InvalidInput as error:
        return await _form(request, pages, visitor, Shown(form=form, error=error))
    except Conflict as error:
        taken = InvalidInput.at("slug", message=error.message)
        return await _form(request, pages, visitor, Shown(form=form, error=taken))
    return RedirectResponse(f"{href_of(metric)}/score?is_new=true", status_code=303)


@router.post("/metrics/draft", dependencies=[FROM_OUR_FORM])
async def work_on_draft(request: Request, pages: PagesDependency, visitor: Maker) -> Response:
    """Add or take out a row of a draft, or try it on a call; nothing is saved."""
    return await _draft(request, pages, visitor, None)


@router.get("/metrics/{id_or_slug}/edit")
async def show_metric_form(request: Request, pages: PagesDependency, visitor: Editor, id_or_slug: str) -> Response:
    """Show the form of a metric of the project."""
    metric, form = await _own(pages, visitor, id_or_slug)
    return await _form(request, pages, visitor, Shown(form=form, metric=metric))


@router.post("/metrics/{id_or_slug}/draft", dependencies=[FROM_OUR_FORM])
async def work_on_change(request: Request, pages: PagesDependency, visitor: Editor, id_or_slug: str) -> Response:
    """Add or take out a row, or try the change on a call; nothing is saved."""
    metric, _ = await _own(pages, visitor, id_or_slug)
    return await _draft(request, pages, visitor, metric)


@router.post("/metrics/{id_or_slug}/edit", dependencies=[FROM_OUR_FORM])
async def change_metric(request: Request, pages: PagesDependency, visitor: Editor, id_or_slug: str) -> Response:
    """Change a metric of the project; what it computes otherwise becomes a new version."""
    metric, _ = await _own(pages, visitor, id_or_slug)
    form = _as_metric(await _sent(request), metric)
    try:
        async with pages.transactions.begin() as session:
            catalogue = await read_catalogue(session, visitor.project_id)
            changed = changed_metric_of(form, metric, catalogue)
            await metric_definitions.change_metric(
                session,
                visitor.project_id,
                str(metric.id),
                to_changes(form, changed.calculation, catalogue),
                name=changed.name.strip(),
                contexts=changed.contexts,
                change_reason=form.get("changeReason").strip() or None,
            )
    except InvalidInput as error:
        return await _form(request, pages, visitor, Shown(form=form, metric=metric, error=error))
    return RedirectResponse(href_of(metric), status_code=303)


async def _own(pages: Pages, visitor: Visitor, id_or_slug: str) -> tuple[DefinedMetric, MetricForm]:
    """Return a metric of the project with its form. Raises MetricNotFound, PermissionMissing for a built-in one."""
    async with pages.reads() as session:
        catalogue = await read_catalogue(session, visitor.project_id)
    metric = catalogue.find(id_or_slug)
    if metric.is_system:
        raise PermissionMissing(
            f"{metric.name} comes with Callscope and cannot be edited. Copy it to a metric of yours."
        )
    return metric, form_of(metric, catalogue, name=metric.name)


async def _draft(request: Request, pages: Pages, visitor: Visitor, metric: DefinedMetric | None) -> Response:
    form = await _sent(request)
    form = form if metric is None else _as_metric(form, metric)
    action, _, rest = form.get("then").partition(":")
    name, _, position = rest.partition(":")
    if action == "add" and name in LISTS:
        return await _form(request, pages, visitor, Shown(form=form.with_row(name), metric=metric))
    if action == "remove" and name in LISTS and position.isdecimal():
        return await _form(request, pages, visitor, Shown(form=form.without_row(name, int(position)), metric=metric))
    if action != "try":
        return await _form(request, pages, visitor, Shown(form=form, metric=metric))
    try:
        trial = view_trial(await try_form(pages, visitor.project_id, form, metric), call_of(form))
    except InvalidInput as error:
        return await _form(request, pages, visitor, Shown(form=form, metric=metric, error=error))
    except CallNotFound as error:
        missing = InvalidInput.at("callAddress" if form.get("callAddress") else "call", message=error.message)
        return await _form(request, pages, visitor, Shown(form=form, metric=metric, error=missing))
    return await _form(request, pages, visitor, Shown(form=form, metric=metric, trial=trial))


async def _sent(request: Request) -> MetricForm:
    form = await request.form()
    return read_form((name, value) for name, value in form.multi_items() if isinstance(value, str))


def _as_metric(form: MetricForm, metric: DefinedMetric) -> MetricForm:
    """Return the form with what never changes of a metric."""
    fixed = {"outputType": metric.value_type.value, "speaksOf": "" if metric.role is None else metric.role.value}
    return replace(form, kind=metric.calculation_type, fields={**form.fields, **fixed})


async def _chosen(session: "Session", visitor: Visitor, form: MetricForm) -> Call | None:
    """Return the call that the form names, None when there is no such call."""
    try:
        return await calls.get_call(session, visitor.project_id, call_of(form))
    except (InvalidInput, CallNotFound):
        return None


async def _form(request: Request, pages: Pages, visitor: Visitor, shown: Shown) -> Response:
    """Show a form: its part of the page when the page's script asks."""
    query = CallQuery(limit=CALLS_OFFERED, sort_by=CallSort.STARTED_AT)
    async with pages.reads() as session:
        catalogue = await read_catalogue(session, visitor.project_id)
        newest = (await calls.list_calls(session, visitor.project_id, query)).items
        chosen = await _chosen(session, visitor, shown.form)
        has_judge = await pages.judge.endpoint_for(session, visitor.project_id) is not None
    page = view_form(
        shown.form,
        catalogue,
        newest if chosen is None or chosen in newest else (*newest, chosen),
        metric=shown.metric,
        problems={} if shown.error is None else problems_of(shown.error, LABELS),
        trial=shown.trial,
        has_judge=has_judge,
    )
    if request.headers.get("hx-request"):
        return show(request, "_metric_form.html", page=page)
    return show(request, "metric_form.html", status_code=400 if shown.error else 200, page=page)
