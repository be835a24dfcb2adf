"""`/v1/vapi/call` and `/v1/retell/call`: finished calls in the providers' older forms, answered with the call."""

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from callscope.api.answers import answer, errors
from callscope.api.authentication import Requires
from callscope.api.bodies import JsonBody, Received
from callscope.api.context import ApiContext, Context
from callscope.api.openapi import documents_body
from callscope.api.schemas.base import Envelope
from callscope.api.schemas.integration import ImportedCall, RetellCallRequest, VapiCallRequest
from callscope.core.integration import CallNews, Integration
from callscope.integrations import retell, vapi
from callscope.services import live_calls
from callscope.services.keys import Principal

router = APIRouter(tags=["integration"])

Sender = Annotated[Principal, Depends(Requires("call:create"))]
ERRORS = errors(
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.CONFLICT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


@router.post(
    "/v1/vapi/call",
    response_model=Envelope[ImportedCall],
    responses=ERRORS,
    openapi_extra=documents_body(VapiCallRequest),
)
async def import_vapi_call(
    context: Context,
    principal: Sender,
    received: Annotated[Received[VapiCallRequest], Depends(JsonBody(VapiCallRequest))],
) -> Response:
    """Take in a finished call from Vapi's end-of-call report."""
    body = received.body
    news = vapi.report(body.vapi_end_of_call_report_payload, context.clock.now())
    return await _import(
        context, principal, Integration.VAPI, news, body.properties, may_exist=body.skip_already_imported
    )


@router.post(
    "/v1/retell/call",
    response_model=Envelope[ImportedCall],
    responses=ERRORS,
    openapi_extra=documents_body(RetellCallRequest),
)
async def import_retell_call(
    context: Context,
    principal: Sender,
    received: Annotated[Received[RetellCallRequest], Depends(JsonBody(RetellCallRequest))],
) -> Response:
    """Take in a finished call from Retell's webhook."""
    body = received.body
    news = retell.report(body.retell_call_ended_payload, context.clock.now())
    return await _import(
        context, principal, Integration.RETELL, news, body.properties, may_exist=body.skip_already_imported
    )


async def _import(
    context: ApiContext,
    principal: Principal,
    integration: Integration,
    news: CallNews,
    properties: dict[str, Any] | None,
    *,
    may_exist: bool,
) -> Response:
    async with context.transactions.begin() as session:
        call_id: UUID = await live_calls.take_finished(
            session,
            integration,
            principal.project_id,
            replace(news, properties={**news.properties, **(properties or {})}),
            may_exist=may_exist,
            now=context.clock.now(),
        )
    return answer(Envelope(data=ImportedCall(call_id=call_id)))
