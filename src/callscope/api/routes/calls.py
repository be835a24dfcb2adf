"""`/v1/call`: create, list, read, delete."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from callscope.api.answers import answer, errors
from callscope.api.authentication import Requires
from callscope.api.bodies import JsonBody, Received
from callscope.api.context import ApiContext, Context
from callscope.api.list_parameters import CALL_PARAMETERS, call_query
from callscope.api.mapping_calls import to_created, to_read
from callscope.api.mapping_new_call import to_new_call
from callscope.api.openapi import documents_body
from callscope.api.pages import answer_page
from callscope.api.schemas.base import Envelope, PageEnvelope
from callscope.api.schemas.call import CallCreated, CallDeleted, CallRead
from callscope.api.schemas.call_create import CallCreate
from callscope.core.call import Call
from callscope.core.call_query import CallQuery
from callscope.core.errors import DuplicateExternalId
from callscope.core.new_call import NewCall, ReceivedRequest
from callscope.services import calls, ingest, recordings
from callscope.services.keys import Principal

UNKNOWN_FIELDS_HEADER = "x-callscope-unknown-fields"
REPLAYED_HEADER = "x-callscope-replayed"
MAX_UNKNOWN_FIELDS_LENGTH = 4096
"""A header is not the place for more; the request itself is stored whole."""
HEAR = "recording:read"

router = APIRouter(prefix="/v1/call", tags=["call"])

CallReader = Annotated[Principal, Depends(Requires("call:read"))]


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    response_model=Envelope[CallCreated],
    responses={
        HTTPStatus.OK.value: {
            "model": Envelope[CallCreated],
            "description": "An equal repeat of an earlier request (same key, same bytes, same `externalId`): the call "
            f"it made. The header `{REPLAYED_HEADER}` is true.",
        },
        **errors(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.CONFLICT,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.SERVICE_UNAVAILABLE,
        ),
    },
    openapi_extra=documents_body(CallCreate),
)
async def create_call(
    context: Context,
    principal: Annotated[Principal, Depends(Requires("call:create"))],
    received: Annotated[Received[CallCreate], Depends(JsonBody(CallCreate))],
) -> Response:
    """Take in a finished call. It is stored before the answer and analysed afterwards.

    Fields this version does not know are kept with the request and named in `x-callscope-unknown-fields`.
    """
    new = to_new_call(received.body)
    request = ReceivedRequest(
        api_key_id=principal.key_id,
        body=received.raw,
        body_digest=received.digest,
        unknown_fields=received.unknown_fields,
    )
    headers = _unknown_fields_header(received.unknown_fields)
    try:
        call, is_replayed = await _store(context, principal, new, request)
    except DuplicateExternalId:
        # An equal request may have been stored since we looked.
        call, is_replayed = await _store(context, principal, new, request)
    if is_replayed:
        return answer(Envelope(data=to_created(call)), headers={**headers, REPLAYED_HEADER: "true"})
    return answer(Envelope(data=to_created(call)), status=HTTPStatus.CREATED, headers=headers)


async def _store(
    context: ApiContext, principal: Principal, new: NewCall, request: ReceivedRequest
) -> tuple[Call, bool]:
    """Return the new call, or the one an equal request made before and True."""
    project_id = principal.project_id
    known = await ingest.look_up(context.statements, new, project_id=project_id, request=request)
    if known.earlier_call is not None:
        async with context.reads() as session:
            return await calls.get_call(session, project_id, known.earlier_call.call_id), True
    await ingest.check_recordings(context.probe_recording, new)
    now = context.clock.now()
    if ingest.lacks_nothing(new, known):
        call = await ingest.store_call(context.statements, new, known, project_id=project_id, request=request, now=now)
        return call, False
    async with context.transactions.begin() as session:
        return await ingest.create_call(session, new, project_id=project_id, request=request, now=now), False


@router.get(
    "",
    response_model=PageEnvelope[CallRead],
    responses=errors(HTTPStatus.BAD_REQUEST),
    openapi_extra={"parameters": CALL_PARAMETERS},
)
async def list_calls(
    request: Request, context: Context, principal: CallReader, query: Annotated[CallQuery, Depends(call_query)]
) -> Response:
    """List calls, newest first unless asked otherwise.

    `total` is counted up to 10,000, of a filtered list up to 1,000: that many, or more.
    """
    async with context.reads() as session:
        page = await calls.list_calls(session, principal.project_id, query)
        to_play = await recordings.to_play(session, [call.id for call in page.items])
    return answer_page(page, lambda call: _read(call, to_play.get(call.id), request, context, principal))


@router.get(
    "/{call_id}", response_model=Envelope[CallRead], responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND)
)
async def get_call(request: Request, call_id: UUID, context: Context, principal: CallReader) -> Response:
    """Read one call."""
    async with context.reads() as session:
        call = await calls.get_call(session, principal.project_id, call_id)
        to_play = await recordings.to_play(session, [call.id])
    return answer(Envelope(data=_read(call, to_play.get(call.id), request, context, principal)))


@router.delete(
    "/{call_id}", response_model=Envelope[CallDeleted], responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND)
)
async def delete_call(
    call_id: UUID, context: Context, principal: Annotated[Principal, Depends(Requires("call:delete"))]
) -> Response:
    """Delete a call: it and its analysis disappear from every read, and what still runs on it is cancelled."""
    async with context.transactions.begin() as session:
        await calls.delete_call(session, principal.project_id, call_id, now=context.clock.now())
    return answer(Envelope(data=CallDeleted(id=call_id, deleted=True)))


def _read(
    call: Call, recording_id: UUID | None, request: Request, context: ApiContext, principal: Principal
) -> CallRead:
    may_hear = principal.allows(HEAR)
    is_shown = may_hear and recording_id is not None
    recording_url = context.sign_recording_url(request, recording_id) if is_shown and recording_id else None
    return to_read(call, recording_url=recording_url, may_hear=may_hear)


def _unknown_fields_header(unknown_fields: tuple[str, ...]) -> dict[str, str]:
    if not unknown_fields:
        return {}
    # Header values are Latin-1 without line breaks; field names are any text.
    names = ", ".join(name.encode("unicode_escape").decode("ascii") for name in unknown_fields)
    return {UNKNOWN_FIELDS_HEADER: names[:MAX_UNKNOWN_FIELDS_LENGTH]}
