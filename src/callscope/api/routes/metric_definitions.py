"""`/v1/metric/definitions` and `/v1/metric/packages`."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from callscope.api.answers import answer, errors
from callscope.api.authentication import Requires
from callscope.api.bodies import JsonBody, Received
from callscope.api.context import Context
from callscope.api.mapping_metric_definitions import check_immutable, to_changes, to_new_metric, to_read, to_threshold
from callscope.api.openapi import documents_body
from callscope.api.pages import PageQuery
from callscope.api.schemas.base import Envelope
from callscope.api.schemas.metric_definition import (
    AnyDefinitionRead,
    DefinitionCreate,
    DefinitionDeleted,
    DefinitionPage,
    DefinitionUpdate,
    LimitPagination,
    PackageRead,
    ThresholdCreate,
)
from callscope.services import metric_definitions
from callscope.services.keys import Principal

router = APIRouter(prefix="/v1/metric", tags=["metric"])

MetricReader = Annotated[Principal, Depends(Requires("metric:read"))]
MetricMaker = Annotated[Principal, Depends(Requires("metric:create"))]
CHANGE_ERRORS = errors(
    HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE
)


@router.get("/definitions", response_model=DefinitionPage, responses=errors(HTTPStatus.BAD_REQUEST))
async def list_definitions(context: Context, principal: MetricReader, page: PageQuery) -> Response:
    """List metrics, those of the installation and those of the project, by their ids."""
    async with context.reads() as session:
        found = await metric_definitions.list_metrics(session, principal.project_id, page)
    pagination = LimitPagination(
        has_more=found.next_cursor is not None, limit=page.limit, next_cursor=found.next_cursor
    )
    return answer(DefinitionPage(data=[to_read(metric) for metric in found.items], pagination=pagination))


@router.post(
    "/definitions",
    status_code=HTTPStatus.CREATED,
    response_model=Envelope[AnyDefinitionRead],
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    openapi_extra=documents_body(DefinitionCreate),
)
async def create_definition(
    context: Context,
    principal: MetricMaker,
    received: Annotated[Received[DefinitionCreate], Depends(JsonBody(DefinitionCreate))],
) -> Response:
    """Make a metric that a judge scores, or that a formula or a pattern computes from others."""
    new = to_new_metric(received.body)
    async with context.transactions.begin() as session:
        metric = await metric_definitions.create_metric(session, principal.project_id, new)
    return answer(Envelope(data=to_read(metric)), status=HTTPStatus.CREATED)


@router.get(
    "/definitions/{id_or_slug}",
    response_model=Envelope[AnyDefinitionRead],
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
)
async def get_definition(id_or_slug: str, context: Context, principal: MetricReader) -> Response:
    """Read a metric by its id or slug."""
    async with context.reads() as session:
        metric = await metric_definitions.get_metric(session, principal.project_id, id_or_slug)
    return answer(Envelope(data=to_read(metric)))


@router.put(
    "/definitions/{id_or_slug}",
    response_model=Envelope[AnyDefinitionRead],
    responses=CHANGE_ERRORS,
    openapi_extra=documents_body(DefinitionUpdate),
)
async def update_definition(
    id_or_slug: str,
    context: Context,
    principal: Annotated[Principal, Depends(Requires("metric:update"))],
    received: Annotated[Received[DefinitionUpdate], Depends(JsonBody(DefinitionUpdate))],
) -> Response:
    """Change a metric of the project. What it computes otherwise gets a new version; values keep the one they had."""
    body = received.body
    check_immutable(body.model_extra)
    sent = body.sent()
    name, reason, contexts = (sent.pop(each, None) for each in ("name", "change_reason", "supported_contexts"))
    async with context.transactions.begin() as session:
        metric = await metric_definitions.change_metric(
            session,
            principal.project_id,
            id_or_slug,
            to_changes(sent),
            name=name,
            contexts=None if contexts is None else tuple(contexts),
            change_reason=reason,
        )
    return answer(Envelope(data=to_read(metric)))


@router.delete("/definitions/{id_or_slug}", response_model=Envelope[DefinitionDeleted], responses=CHANGE_ERRORS)
async def delete_definition(
    id_or_slug: str, context: Context, principal: Annotated[Principal, Depends(Requires("metric:delete"))]
) -> Response:
    """Delete a metric of the project with its values; 409 while other metrics or policies read it."""
    async with context.transactions.begin() as session:
        metric = await metric_definitions.delete_metric(session, principal.project_id, id_or_slug)
    return answer(Envelope(data=DefinitionDeleted(id=metric.id, deleted=True)))


@router.post(
    "/definitions/{id_or_slug}/thresholds",
    status_code=HTTPStatus.CREATED,
    response_model=Envelope[AnyDefinitionRead],
    responses=CHANGE_ERRORS,
    openapi_extra=documents_body(ThresholdCreate),
)
async def create_threshold(
    id_or_slug: str,
    context: Context,
    principal: MetricMaker,
    received: Annotated[Received[ThresholdCreate], Depends(JsonBody(ThresholdCreate))],
) -> Response:
    """Make a metric that tells whether this one meets a condition; it has the scope of this one."""
    body = received.body
    threshold = to_threshold(body)
    async with context.transactions.begin() as session:
        new = await metric_definitions.threshold_on(
            session, principal.project_id, id_or_slug, threshold, name=body.name, slug=body.slug
        )
        metric = await metric_definitions.create_metric(session, principal.project_id, new)
    return answer(Envelope(data=to_read(metric)), status=HTTPStatus.CREATED)


@router.get("/packages", response_model=Envelope[list[PackageRead]], responses=errors())
async def list_packages(context: Context, principal: MetricReader) -> Response:
    """List the packages that the project's own metrics are in."""
    async with context.reads() as session:
        packages = await metric_definitions.list_packages(session, principal.project_id)
    shown = [PackageRead(id=each.id, name=each.name, created_at=each.created_at) for each in packages]
    return answer(Envelope(data=shown))
