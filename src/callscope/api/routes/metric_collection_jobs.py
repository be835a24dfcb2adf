"""`/v1/metric/collection-jobs`."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from callscope.api.answers import answer, errors
from callscope.api.authentication import Requires
from callscope.api.bodies import JsonBody, Received
from callscope.api.context import Context
from callscope.api.mapping_metric_policies import to_job_read
from callscope.api.mapping_metrics import to_flat
from callscope.api.openapi import documents_body
from callscope.api.pages import PageQuery, answer_page
from callscope.api.schemas.base import Envelope, PageEnvelope
from callscope.api.schemas.metric_policy import JobCreate, JobRead, JobValueRead, JobValues
from callscope.api.validation import exclusive_issues
from callscope.core.errors import InvalidInput
from callscope.core.metric_policy import CollectionStatus, CollectionTrigger
from callscope.services import collected_values, metric_collection
from callscope.services.keys import Principal

router = APIRouter(prefix="/v1/metric/collection-jobs", tags=["metric_collection_job"])

JobReader = Annotated[Principal, Depends(Requires("metric-collection-job:read"))]
READ_ERRORS = errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND)


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    response_model=Envelope[JobRead],
    responses=READ_ERRORS | errors(HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    openapi_extra=documents_body(JobCreate),
)
async def create_job(
    context: Context,
    principal: Annotated[Principal, Depends(Requires("metric-collection-job:create"))],
    received: Annotated[Received[JobCreate], Depends(JsonBody(JobCreate))],
) -> Response:
    """Score stored calls anew. With `policyId` each metric has the setting it has in that policy."""
    body = received.body
    _check(body)
    async with context.transactions.begin() as session:
        job = await metric_collection.create_job(
            session,
            principal.project_id,
            call_ids=body.call_ids or (),
            metrics=None if body.metrics is None else [metric.id for metric in body.metrics],
            policy_id=body.policy_id,
            triggered_by=CollectionTrigger.USER_API,
            now=context.clock.now(),
        )
    return answer(Envelope(data=to_job_read(job)), status=HTTPStatus.CREATED)


@router.get("", response_model=PageEnvelope[JobRead], responses=errors(HTTPStatus.BAD_REQUEST))
async def list_jobs(
    context: Context,
    principal: JobReader,
    page: PageQuery,
    status: Annotated[CollectionStatus | None, Query()] = None,
) -> Response:
    """List jobs, newest first."""
    async with context.reads() as session:
        found = await metric_collection.list_jobs(session, principal.project_id, page, status=status)
    return answer_page(found, to_job_read)


@router.get("/{job_id}", response_model=Envelope[JobRead], responses=READ_ERRORS)
async def get_job(job_id: UUID, context: Context, principal: JobReader) -> Response:
    """Read a job and how far it is."""
    async with context.reads() as session:
        job = await metric_collection.get_job(session, principal.project_id, job_id)
    return answer(Envelope(data=to_job_read(job)))


@router.post("/{job_id}/cancel", response_model=Envelope[JobRead], responses=READ_ERRORS)
async def cancel_job(
    job_id: UUID,
    context: Context,
    principal: Annotated[Principal, Depends(Requires("metric-collection-job:update"))],
) -> Response:
    """Stop a job. What it has collected stays; one that has ended is returned as it is."""
    async with context.transactions.begin() as session:
        job = await metric_collection.cancel_job(session, principal.project_id, job_id, now=context.clock.now())
    return answer(Envelope(data=to_job_read(job)))


@router.post("/{job_id}/retry", response_model=Envelope[JobRead], responses=READ_ERRORS | errors(HTTPStatus.CONFLICT))
async def retry_job(
    job_id: UUID,
    context: Context,
    principal: Annotated[Principal, Depends(Requires("metric-collection-job:update"))],
) -> Response:
    """Try again what failed in a job that has ended, and what it did not reach."""
    async with context.transactions.begin() as session:
        job = await metric_collection.retry_job(session, principal.project_id, job_id, now=context.clock.now())
    return answer(Envelope(data=to_job_read(job)))


@router.get("/{job_id}/metric-values", response_model=JobValues, responses=READ_ERRORS)
async def list_job_values(
    job_id: UUID,
    context: Context,
    principal: JobReader,
    after: Annotated[UUID | None, Query(description="The `nextCursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=50, description="Calls a page.")] = 20,
) -> Response:
    """Read what a job collected, whether or not a later one has collected the same since."""
    async with context.reads() as session:
        page = await collected_values.list_job_values(
            session, principal.project_id, job_id, after_call=after, call_limit=limit
        )
    rows = [JobValueRead(**dict(row), call_id=call_id) for call_id, group in page.groups for row in to_flat(group)]
    return answer(JobValues(data=rows, next_cursor=page.next_call), exclude_none=False)


def _check(body: JobCreate) -> None:
    sent = {name for name, value in body.all_fields().items() if value is not None}
    if issues := exclusive_issues(JobCreate, sent):
        raise InvalidInput(issues)
    if body.chat_ids is not None:
        raise InvalidInput.at("chatIds", message="This service has no chats. Send `callIds`.")
    if body.call_ids is None:
        message = "`callIds` is required: the calls to score."
        raise InvalidInput.at("callIds", message=message, code="missing_required_field")
    if body.metrics is None and body.policy_id is None:
        message = "`metrics` is required unless `policyId` is given."
        raise InvalidInput.at("metrics", message=message, code="missing_required_field")
