"""Policies: which metrics are collected of which calls that come in."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from callscope.core.agent import Agent
from callscope.core.errors import InvalidInput
from callscope.core.metric_policy import ConditionType, MetricPolicy
from callscope.core.page import MAX_PAGE_LIMIT, PageRequest
from callscope.core.roles import Role
from callscope.services import agent_catalogue, metric_policies
from callscope.services.metric_catalogue import Catalogue, read_catalogue
from callscope.web.form_reading import problems_of
from callscope.web.page_route import PageRoute
from callscope.web.pages import FROM_OUR_FORM, Pages, PagesDependency, RequiresRole, Visitor, show
from callscope.web.policy_form import LABELS, PolicyForm, read_policy_form, to_policy
from callscope.web.views.policies import form_of_policy, view_policy, view_policy_form

if TYPE_CHECKING:
    from callscope.storage.engine import Session

router = APIRouter(prefix="/policies", route_class=PageRoute, include_in_schema=False)

POLICIES = "/policies"

Reader = Annotated[Visitor, Depends(RequiresRole(Role.VIEWER, "metric-policy:read"))]
Maker = Annotated[Visitor, Depends(RequiresRole(Role.MEMBER, "metric-policy:create"))]
Editor = Annotated[Visitor, Depends(RequiresRole(Role.MEMBER, "metric-policy:update"))]
Remover = Annotated[Visitor, Depends(RequiresRole(Role.MEMBER, "metric-policy:delete"))]


@dataclass(frozen=True, slots=True)
class Offered:
    """What a form offers to choose from."""

    catalogue: Catalogue
    agents: tuple[Agent, ...]


@router.get("")
async def list_policies(request: Request, pages: PagesDependency, visitor: Reader) -> Response:
    """Show the project's policies, newest first, and those that come with Callscope."""
    async with pages.reads() as session:
        offered = await _offered(session, visitor.project_id)
        policies = await metric_policies.every_policy(session, visitor.project_id)
    views = tuple(view_policy(policy, offered.catalogue, offered.agents) for policy in policies)
    return show(request, "policies.html", policies=views)


@router.get("/new")
async def begin_policy(request: Request, pages: PagesDependency, visitor: Maker, metric: str = "") -> Response:
    """Show an empty form, with a metric ticked where one is named."""
    form = PolicyForm(metrics=(metric,) if metric else (), settings={})
    return await _form(request, pages, visitor, form)


@router.post("", dependencies=[FROM_OUR_FORM])
async def create_policy(request: Request, pages: PagesDependency, visitor: Maker) -> Response:
    """Make a policy, and lead to the calls it could score."""
    form = await _sent(request)
    try:
        async with pages.transactions.begin() as session:
            changes, metrics = to_policy(form, await read_catalogue(session, visitor.project_id))
            policy = await metric_policies.create_policy(session, visitor.project_id, changes, metrics)
    except InvalidInput as error:
        return await _form(request, pages, visitor, form, error=error)
    return RedirectResponse(f"{POLICIES}/{policy.id}/score?is_new=true", status_code=303)


@router.post("/draft", dependencies=[FROM_OUR_FORM])
async def work_on_draft(request: Request, pages: PagesDependency, visitor: Maker) -> Response:
    """Add a condition to a new policy, or take one out; nothing is saved."""
    return await _draft(request, pages, visitor, None)


@router.get("/{policy_id}")
async def show_policy(request: Request, pages: PagesDependency, visitor: Reader, policy_id: UUID) -> Response:
    """Show one policy."""
    async with pages.reads() as session:
        policy = await metric_policies.get_policy(session, visitor.project_id, policy_id)
        offered = await _offered(session, visitor.project_id)
    return show(request, "policy.html", policy=view_policy(policy, offered.catalogue, offered.agents))


@router.get("/{policy_id}/edit")
async def show_policy_form(request: Request, pages: PagesDependency, visitor: Editor, policy_id: UUID) -> Response:
    """Show the form of a policy of the project."""
    async with pages.reads() as session:
        policy = await metric_policies.get_own_policy(session, visitor.project_id, policy_id)
        form = form_of_policy(policy, await read_catalogue(session, visitor.project_id))
    return await _form(request, pages, visitor, form, policy=policy)


@router.post("/{policy_id}/draft", dependencies=[FROM_OUR_FORM])
async def work_on_change(request: Request, pages: PagesDependency, visitor: Editor, policy_id: UUID) -> Response:
    """Add a condition to a policy's form, or take one out; nothing is saved."""
    async with pages.reads() as session:
        policy = await metric_policies.get_own_policy(session, visitor.project_id, policy_id)
    return await _draft(request, pages, visitor, policy)


@router.post("/{policy_id}/edit", dependencies=[FROM_OUR_FORM])
async def change_policy(request: Request, pages: PagesDependency, visitor: Editor, policy_id: UUID) -> Response:
    """Change a policy of the project."""
    form = await _sent(request)
    async with pages.reads() as session:
        policy = await metric_policies.get_own_policy(session, visitor.project_id, policy_id)
    try:
        async with pages.transactions.begin() as session:
            changes, metrics = to_policy(form, await read_catalogue(session, visitor.project_id))
            await metric_policies.change_policy(session, visitor.project_id, policy_id, changes, metrics)
    except InvalidInput as error:
        return await _form(request, pages, visitor, form, policy=policy, error=error)
    return RedirectResponse(f"{POLICIES}/{policy_id}", status_code=303)


@router.post("/{policy_id}/remove", dependencies=[FROM_OUR_FORM])
async def remove_policy(pages: PagesDependency, visitor: Remover, policy_id: UUID) -> Response:
    """Delete a policy; what it collected stays."""
    async with pages.transactions.begin() as session:
        await metric_policies.delete_policy(session, visitor.project_id, policy_id)
    return RedirectResponse(POLICIES, status_code=303)


async def _draft(request: Request, pages: Pages, visitor: Visitor, policy: MetricPolicy | None) -> Response:
    sent = await request.form()
    form = await _sent(request)
    action, _, rest = str(sent.get("then", "")).partition(":")
    first, _, second = rest.partition(":")
    if action == "add" and first in tuple(ConditionType) and second.isdecimal():
        form = form.with_condition(ConditionType(first), int(second))
    elif action == "remove" and first.isdecimal() and second.isdecimal():
        form = form.without_condition(int(first), int(second))
    return await _form(request, pages, visitor, form, policy=policy)


async def _sent(request: Request) -> PolicyForm:
    form = await request.form()
    return read_policy_form((name, value) for name, value in form.multi_items() if isinstance(value, str))


async def _offered(session: "Session", project_id: UUID) -> Offered:
    agents = await agent_catalogue.list_agents(session, project_id, PageRequest(limit=MAX_PAGE_LIMIT), search_text=None)
    return Offered(await read_catalogue(session, project_id), agents.items)


async def _form(
    request: Request,
    pages: Pages,
    visitor: Visitor,
    form: PolicyForm,
    *,
    policy: MetricPolicy | None = None,
    error: InvalidInput | None = None,
) -> Response:
    """Show a form: its part of the page when the page's script asks."""
    async with pages.reads() as session:
        offered = await _offered(session, visitor.project_id)
    problems = {} if error is None else problems_of(error, LABELS)
    page = view_policy_form(form, offered.catalogue, offered.agents, policy=policy, problems=problems)
    if request.headers.get("hx-request"):
        return show(request, "_policy_form.html", page=page)
    return show(request, "policy_form.html", status_code=400 if error else 200, page=page)
