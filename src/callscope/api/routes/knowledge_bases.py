"""`/v1/knowledge-base`."""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from callscope.api.answers import answer, errors
from callscope.api.authentication import Requires
from callscope.api.bodies import JsonBody, Received
from callscope.api.context import Context
from callscope.api.openapi import documents_body
from callscope.api.pages import PageQuery, SearchText, answer_page, check_nul
from callscope.api.schemas.base import Envelope, PageEnvelope
from callscope.api.schemas.knowledge_base import (
    KnowledgeBaseCreate,
    KnowledgeBaseDeleted,
    KnowledgeBaseRead,
    KnowledgeBaseUpdate,
)
from callscope.core.errors import InvalidInput
from callscope.core.knowledge import KnowledgeBase, SourceType
from callscope.services import knowledge_bases
from callscope.services.keys import Principal
from callscope.services.knowledge_bases import NewContent

router = APIRouter(prefix="/v1/knowledge-base", tags=["knowledge_base"])

KnowledgeReader = Annotated[Principal, Depends(Requires("knowledge-base:read"))]
READ_ERRORS = errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND)
CREATE_ERRORS = errors(HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
CONTENT_FIELDS = ("content", "filename", "mime_type", "content_base64")


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    response_model=Envelope[KnowledgeBaseRead],
    responses=CREATE_ERRORS,
    openapi_extra=documents_body(KnowledgeBaseCreate),
)
async def create_knowledge_base(
    context: Context,
    principal: Annotated[Principal, Depends(Requires("knowledge-base:create"))],
    received: Annotated[Received[KnowledgeBaseCreate], Depends(JsonBody(KnowledgeBaseCreate))],
) -> Response:
    """Keep a document that metrics hold calls against. The text of a PDF is read before the answer."""
    body = received.body
    content = await knowledge_bases.read_content(_to_content(body))
    async with context.transactions.begin() as session:
        made = await knowledge_bases.create_knowledge_base(
            session, principal.project_id, name=body.name, description=body.description, content=content
        )
    return answer(Envelope(data=_to_read(made)), status=HTTPStatus.CREATED)


@router.get("", response_model=PageEnvelope[KnowledgeBaseRead], responses=errors(HTTPStatus.BAD_REQUEST))
async def list_knowledge_bases(
    context: Context,
    principal: KnowledgeReader,
    page: PageQuery,
    search_text: SearchText = None,
    source_type: Annotated[SourceType | None, Query(alias="sourceType")] = None,
) -> Response:
    """List documents, newest first; `searchText` is looked for in names and descriptions."""
    check_nul(searchText=search_text)
    async with context.reads() as session:
        found = await knowledge_bases.list_knowledge_bases(
            session, principal.project_id, page, search_text=search_text, source_type=source_type
        )
    return answer_page(found, _to_read)


@router.get("/{knowledge_base_id}", response_model=Envelope[KnowledgeBaseRead], responses=READ_ERRORS)
async def get_knowledge_base(knowledge_base_id: UUID, context: Context, principal: KnowledgeReader) -> Response:
    """Read what a document is; its text is for metrics alone."""
    async with context.reads() as session:
        found = await knowledge_bases.get_knowledge_base(session, principal.project_id, knowledge_base_id)
    return answer(Envelope(data=_to_read(found)))


@router.put(
    "/{knowledge_base_id}",
    response_model=Envelope[KnowledgeBaseRead],
    responses=CREATE_ERRORS | READ_ERRORS,
    openapi_extra=documents_body(KnowledgeBaseUpdate),
)
async def update_knowledge_base(
    knowledge_base_id: UUID,
    context: Context,
    principal: Annotated[Principal, Depends(Requires("knowledge-base:update"))],
    received: Annotated[Received[KnowledgeBaseUpdate], Depends(JsonBody(KnowledgeBaseUpdate))],
) -> Response:
    """Change a document; calls are held against the new text from then on. What is left out stays."""
    body = received.body
    sent = body.sent()
    changes: dict[str, Any] = {name: sent[name] for name in ("name", "description") if name in sent}
    if "source_type" in sent:
        changes |= await knowledge_bases.read_content(_to_content(body))
    elif any(name in sent for name in CONTENT_FIELDS):
        message = "`sourceType` is required to replace the content: TEXT, JSON or FILE."
        raise InvalidInput.at("sourceType", message=message, code="missing_required_field")
    async with context.transactions.begin() as session:
        changed = await knowledge_bases.change_knowledge_base(session, principal.project_id, knowledge_base_id, changes)
    return answer(Envelope(data=_to_read(changed)))


@router.delete(
    "/{knowledge_base_id}",
    response_model=Envelope[KnowledgeBaseDeleted],
    responses=READ_ERRORS | errors(HTTPStatus.CONFLICT),
)
async def delete_knowledge_base(
    knowledge_base_id: UUID,
    context: Context,
    principal: Annotated[Principal, Depends(Requires("knowledge-base:delete"))],
) -> Response:
    """Delete a document that no policy names."""
    async with context.transactions.begin() as session:
        await knowledge_bases.delete_knowledge_base(session, principal.project_id, knowledge_base_id)
    return answer(Envelope(data=KnowledgeBaseDeleted(id=knowledge_base_id, deleted=True)))


def _to_content(body: KnowledgeBaseCreate | KnowledgeBaseUpdate) -> NewContent:
    return NewContent(
        source_type=body.source_type,
        content=body.content,
        file_bytes=body.content_base64,
        filename=body.filename,
        mime_type=body.mime_type,
    )


def _to_read(found: KnowledgeBase) -> KnowledgeBaseRead:
    return KnowledgeBaseRead(
        id=found.id,
        name=found.name,
        description=found.description,
        source_type=found.source_type,
        status="READY",
        original_filename=found.original_filename,
        mime_type=found.mime_type,
        byte_size=found.byte_size,
        content_hash=found.content_hash,
        error_message=None,
        created_at=found.created_at,
        updated_at=found.updated_at,
    )
