"""`/v1/metric/definitions/{id_or_slug}/variants`."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from callscope.api.answers import answer, errors
from callscope.api.authentication import Requires
from callscope.api.bodies import JsonBody, Received
from callscope.api.context import Context
from callscope.api.mapping_metric_definitions import to_changes, to_variant_read
from callscope.api.openapi import documents_body
from callscope.api.schemas.base import Envelope
from callscope.api.schemas.metric_definition import DefinitionDeleted, VariantCreate, VariantRead, VariantUpdate
from callscope.services import metric_variants
from callscope.services.keys import Principal

router = APIRouter(prefix="/v1/metric/definitions/{id_or_slug}/variants", tags=["metric_variant"])

MetricReader = Annotated[Principal, Depends(Requires("metric:read"))]
READ_ERRORS = errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND)
CHANGE_ERRORS = READ_ERRORS | errors(HTTPStatus.CONFLICT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    response_model=Envelope[VariantRead],
    responses=CHANGE_ERRORS,
    openapi_extra=documents_body(VariantCreate),
)
async def create_variant(
    id_or_slug: str,
    context: Context,
    principal: Annotated[Principal, Depends(Requires("metric:create"))],
    received: Annotated[Received[VariantCreate], Depends(JsonBody(VariantCreate))],
) -> Response:
    """Make a variant of a metric that a judge scores; it starts as a copy of the default."""
    async with context.transactions.begin() as session:
        variant = await metric_variants.create_variant(session, principal.project_id, id_or_slug, received.body.name)
    return answer(Envelope(data=to_variant_read(variant)), status=HTTPStatus.CREATED)


@router.get("", response_model=Envelope[list[VariantRead]], responses=READ_ERRORS)
async def list_variants(id_or_slug: str, context: Context, principal: MetricReader) -> Response:
    """List the variants of a metric, the default first."""
    async with context.reads() as session:
        variants = await metric_variants.list_variants(session, principal.project_id, id_or_slug)
    return answer(Envelope(data=[to_variant_read(variant) for variant in variants]))


@router.get("/{variant_id}", response_model=Envelope[VariantRead], responses=READ_ERRORS)
async def get_variant(id_or_slug: str, variant_id: UUID, context: Context, principal: MetricReader) -> Response:
    """Read a variant."""
    async with context.reads() as session:
        variant = await metric_variants.get_variant(session, principal.project_id, id_or_slug, variant_id)
    return answer(Envelope(data=to_variant_read(variant)))


@router.put(
    "/{variant_id}",
    response_model=Envelope[VariantRead],
    responses=CHANGE_ERRORS,
    openapi_extra=documents_body(VariantUpdate),
)
async def update_variant(
    id_or_slug: str,
    variant_id: UUID,
    context: Context,
    principal: Annotated[Principal, Depends(Requires("metric:update"))],
    received: Annotated[Received[VariantUpdate], Depends(JsonBody(VariantUpdate))],
) -> Response:
    """Rename a variant, or change what it asks, which makes a new version of it.

    A change of the default that comes with Callscope makes the project one of its own: the answer bears another id.
    """
    sent = received.body.sent()
    name, reason = (sent.pop(each, None) for each in ("name", "change_reason"))
    async with context.transactions.begin() as session:
        variant = await metric_variants.change_variant(
            session,
            principal.project_id,
            id_or_slug,
            variant_id,
            to_changes(sent),
            name=name,
            change_reason=reason,
        )
    return answer(Envelope(data=to_variant_read(variant)))


@router.delete("/{variant_id}", response_model=Envelope[DefinitionDeleted], responses=CHANGE_ERRORS)
async def delete_variant(
    id_or_slug: str,
    variant_id: UUID,
    context: Context,
    principal: Annotated[Principal, Depends(Requires("metric:delete"))],
) -> Response:
    """Delete a variant of the project. What was pinned to it falls back to the default."""
    async with context.transactions.begin() as session:
        await metric_variants.delete_variant(session, principal.project_id, id_or_slug, variant_id)
    return answer(Envelope(data=DefinitionDeleted(id=variant_id, deleted=True)))
