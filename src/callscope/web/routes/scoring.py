"""Scoring stored calls with a metric or a policy: what it would cost first, then the job."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from callscope.core.errors import InvalidInput
from callscope.core.metric_policy import CollectionTrigger
from callscope.core.roles import Role
from callscope.services import backfills, metric_definitions, metric_policies
from callscope.services.backfills import Backfill, BackfillOrder
from callscope.web.form_reading import problems_of
from callscope.web.page_route import PageRoute
from callscope.web.pages import FROM_OUR_FORM, Pages, PagesDependency, RequiresRole, Visitor, show
from callscope.web.views.metric_words import href_of
from callscope.web.views.scoring import LABELS, ScoreFields, ScorePage, estimate_figures, to_selection

if TYPE_CHECKING:
    from callscope.storage.engine import Session

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Scorer = Annotated[Visitor, Depends(RequiresRole(Role.MEMBER, "metric-collection-job:create"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What calls can be scored with; `run` does as ordered."""

    title: str
    subject: str
    href: str
    collect_href: str
    run: Callable[["Session", BackfillOrder], Awaitable[Backfill]]


def _sent(
    which: Annotated[str, Form()] = "last",
    lastCalls: Annotated[str, Form()] = "",  # noqa: N803 - the form's name for it
    startedFrom: Annotated[str, Form()] = "",  # noqa: N803 - the form's name for it
    startedBefore: Annotated[str, Form()] = "",  # noqa: N803 - the form's name for it
) -> ScoreFields:
    return ScoreFields(which=which, last_calls=lastCalls, started_from=startedFrom, started_before=startedBefore)


def _asked(request: Request) -> ScoreFields:
    """Return what the address asks for; the default where it asks for nothing."""
    query = request.query_params
    if "which" not in query:
        return ScoreFields()
    return _sent(*(query.get(name, "") for name in ("which", "lastCalls", "startedFrom", "startedBefore")))


Sent = Annotated[ScoreFields, Depends(_sent)]


@router.get("/metrics/{id_or_slug}/score")
async def offer_metric(
    request: Request, pages: PagesDependency, visitor: Scorer, id_or_slug: str, *, is_new: bool = False
) -> Response:
    """Show what scoring stored calls with a metric would come to."""
    offer = await _of_metric(pages, visitor, id_or_slug)
    return await _show(request, pages, offer, _asked(request), is_new=is_new)


@router.post("/metrics/{id_or_slug}/score", dependencies=[FROM_OUR_FORM])
async def score_with_metric(
    request: Request, pages: PagesDependency, visitor: Scorer, id_or_slug: str, fields: Sent
) -> Response:
    """Score stored calls with a metric, and lead to the job."""
    return await _start(request, pages, await _of_metric(pages, visitor, id_or_slug), fields)


@router.get("/policies/{policy_id}/score")
async def offer_policy(
    request: Request, pages: PagesDependency, visitor: Scorer, policy_id: UUID, *, is_new: bool = False
) -> Response:
    """Show what scoring stored calls with a policy would come to."""
    offer = await _of_policy(pages, visitor, policy_id)
    return await _show(request, pages, offer, _asked(request), is_new=is_new)


@router.post("/policies/{policy_id}/score", dependencies=[FROM_OUR_FORM])
async def score_with_policy(
    request: Request, pages: PagesDependency, visitor: Scorer, policy_id: UUID, fields: Sent
) -> Response:
    """Score the stored calls that fit a policy, and lead to the job."""
    return await _start(request, pages, await _of_policy(pages, visitor, policy_id), fields)


async def _of_metric(pages: Pages, visitor: Visitor, id_or_slug: str) -> Offer:
    async with pages.reads() as session:
        metric = await metric_definitions.get_metric(session, visitor.project_id, id_or_slug)

    def run(session: "Session", order: BackfillOrder) -> Awaitable[Backfill]:
        return backfills.backfill_metric(session, visitor.project_id, str(metric.id), order)

    return Offer(
        title=metric.name,
        subject="every call",
        href=href_of(metric),
        collect_href=f"/policies/new?metric={metric.slug}",
        run=run,
    )


async def _of_policy(pages: Pages, visitor: Visitor, policy_id: UUID) -> Offer:
    async with pages.reads() as session:
        policy = await metric_policies.get_policy(session, visitor.project_id, policy_id)

    def run(session: "Session", order: BackfillOrder) -> Awaitable[Backfill]:
        return backfills.backfill_policy(session, visitor.project_id, policy.id, order)

    subject = "calls that meet its conditions" if policy.groups else "every call"
    return Offer(title=policy.name, subject=subject, href=f"/policies/{policy.id}", collect_href="", run=run)


def _order(pages: Pages, fields: ScoreFields, *, is_estimate_only: bool) -> BackfillOrder:
    return BackfillOrder(
        selection=to_selection(fields),
        is_estimate_only=is_estimate_only,
        rules=pages.judge.rules,
        now=pages.clock.now(),
        triggered_by=CollectionTrigger.USER_MANUAL,
    )


async def _start(request: Request, pages: Pages, offer: Offer, fields: ScoreFields) -> Response:
    try:
        order = _order(pages, fields, is_estimate_only=False)
        async with pages.transactions.begin() as session:
            started = await offer.run(session, order)
    except InvalidInput as error:
        return await _show(request, pages, offer, fields, error=error)
    if started.job is None:
        none = InvalidInput.at("which", message="No stored call is among them. Choose more calls, or a longer time.")
        return await _show(request, pages, offer, fields, error=none)
    return RedirectResponse(f"/collection-jobs/{started.job.id}", status_code=303)


async def _show(
    request: Request,
    pages: Pages,
    offer: Offer,
    fields: ScoreFields,
    *,
    is_new: bool = False,
    error: InvalidInput | None = None,
) -> Response:
    estimate = None
    has_judge = True
    if error is None:
        try:
            order = _order(pages, fields, is_estimate_only=True)
            async with pages.reads() as session:
                estimate = (await offer.run(session, order)).estimate
                has_judge = await pages.judge.endpoint_for(session, request.state.visitor.project_id) is not None
        except InvalidInput as refused:
            error = refused
    page = ScorePage(
        title=offer.title,
        subject=offer.subject,
        back_href=offer.href,
        action=f"{offer.href}/score",
        collect_href=offer.collect_href if is_new else "",
        is_new=is_new,
        fields=fields,
        problems={} if error is None else problems_of(error, LABELS),
        estimate=estimate,
        figures=() if estimate is None else estimate_figures(estimate),
        lacks_judge=not has_judge and estimate is not None and estimate.judged_item_count > 0,
    )
    return show(request, "score.html", status_code=400 if error else 200, page=page)
