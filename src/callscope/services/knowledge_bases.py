"""Documents that metrics hold calls against: given as text, JSON or a file, kept as text."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from callscope.core.errors import Conflict, InvalidInput, NotFound
from callscope.core.ids import new_id
from callscope.core.knowledge import FileType, KnowledgeBase, SourceType
from callscope.core.metric_policy import MetricSetting, SettingName
from callscope.core.page import Page, PageRequest
from callscope.services.pdf_text import read_pdf
from callscope.storage import knowledge_bases, metric_definitions, metric_policies

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

MAX_CONTENT_BYTES = 10 * 1024 * 1024
MAX_DOCUMENTS = 20
MAX_TOGETHER_BYTES = 2 * MAX_CONTENT_BYTES
"""How much text one metric may be held against: all of it is searched for every call."""


class KnowledgeBaseNotFound(NotFound):
    """The project has no such knowledge base."""


class KnowledgeBaseNameTaken(Conflict):
    """Names are unique in a project."""

    code = "duplicate_name"


class KnowledgeBaseInUse(Conflict):
    """A policy holds calls against it."""

    code = "knowledge_base_in_use"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContent:
    """What was sent: `content` of TEXT and JSON; of FILE its bytes, name and type."""

    source_type: SourceType
    content: str | None = None
    file_bytes: bytes | None = None
    filename: str | None = None
    mime_type: FileType | None = None


async def read_content(sent: NewContent) -> dict[str, Any]:
    """Return the columns of a document's content. A PDF is read in a process of its own. Raises InvalidInput."""
    is_file = sent.source_type is SourceType.FILE
    field = "contentBase64" if is_file else "content"
    raw = _required(sent.file_bytes if is_file else sent.content, field, sent.source_type)
    data = raw.encode(errors="surrogatepass") if isinstance(raw, str) else raw
    if len(data) > MAX_CONTENT_BYTES:
        message = f"`{field}` has {len(data)} bytes; at most {MAX_CONTENT_BYTES} are taken. Split the document."
        raise InvalidInput.at(field, message=message)
    if is_file:
        _required(sent.filename, "filename", sent.source_type)
        mime_type = _required(sent.mime_type, "mimeType", sent.source_type)
        text = await read_pdf(data) if mime_type is FileType.PDF else _decoded(data, field)
    else:
        decoded = _decoded(data, field)
        text = _reformatted(decoded) if sent.source_type is SourceType.JSON else decoded
    if not any(character.isalnum() for character in text):
        raise InvalidInput.at(field, message=f"`{field}` has no words. Send the text that calls are held against.")
    return {
        "source_type": sent.source_type.value,
        "original_filename": sent.filename if is_file else None,
        "mime_type": sent.mime_type.value if is_file and sent.mime_type else None,
        "byte_size": len(data),
        "content_hash": hashlib.sha256(data).hexdigest(),
        "content": text,
    }


async def create_knowledge_base(
    session: "AsyncSession", project_id: UUID, *, name: str, description: str | None, content: Mapping[str, Any]
) -> KnowledgeBase:
    """Keep a document; `content` is what `read_content` returned. Raises KnowledgeBaseNameTaken."""
    await _claim_name(session, project_id, name, None)
    columns = {"id": new_id(), "name": name, "description": description, **content}
    return await knowledge_bases.add(session, project_id, columns)


async def change_knowledge_base(
    session: "AsyncSession", project_id: UUID, knowledge_base_id: UUID, changes: Mapping[str, Any]
) -> KnowledgeBase:
    """Change name, description or content; values of calls that are scored already stay.

    Raises KnowledgeBaseNotFound, KnowledgeBaseNameTaken.
    """
    if "name" in changes:
        await _claim_name(session, project_id, changes["name"], knowledge_base_id)
    changed = await knowledge_bases.change(session, project_id, knowledge_base_id, changes)
    if changed is None:
        raise _not_found(knowledge_base_id)
    return changed


async def get_knowledge_base(session: "AsyncSession", project_id: UUID, knowledge_base_id: UUID) -> KnowledgeBase:
    """Return a document without its text. Raises KnowledgeBaseNotFound."""
    found = await knowledge_bases.get(session, project_id, knowledge_base_id)
    if found is None:
        raise _not_found(knowledge_base_id)
    return found


async def list_knowledge_bases(
    session: "AsyncSession",
    project_id: UUID,
    request: PageRequest,
    *,
    search_text: str | None,
    source_type: SourceType | None,
) -> Page[KnowledgeBase]:
    """Return one page of documents, newest first."""
    return await knowledge_bases.list_page(
        session, project_id, request, search_text=search_text, source_type=source_type
    )


async def delete_knowledge_base(session: "AsyncSession", project_id: UUID, knowledge_base_id: UUID) -> None:
    """Delete a document. Raises KnowledgeBaseInUse while a policy names it, KnowledgeBaseNotFound."""
    await metric_definitions.lock_project(session, project_id)
    for policy in await metric_policies.list_all(session, project_id):
        if any(str(knowledge_base_id) in ids_in(metric.setting) for metric in policy.metrics):
            message = (
                f"The policy {policy.name!r} holds calls against this knowledge base. Take it out of the policy's "
                "`knowledgeBaseDocumentIds` first."
            )
            raise KnowledgeBaseInUse(message)
    if not await knowledge_bases.remove(session, project_id, knowledge_base_id):
        raise _not_found(knowledge_base_id)


async def fault_of_ids(session: "AsyncSession", project_id: UUID, ids: Collection[str]) -> str | None:
    """Return what is wrong with ids that a metric shall be held against, None when nothing is."""
    if len(ids) > MAX_DOCUMENTS:
        return f"`knowledgeBaseDocumentIds` names {len(ids)} documents; at most {MAX_DOCUMENTS} are searched."
    parsed = document_ids(ids)
    sizes = await knowledge_bases.sizes(session, project_id, [each for each in parsed.values() if each is not None])
    for text, knowledge_base_id in parsed.items():
        if knowledge_base_id not in sizes:
            return (
                f"There is no knowledge base {text!r} in this project. "
                "Use the `id` of one that GET /v1/knowledge-base lists."
            )
    if sum(sizes.values()) > MAX_TOGETHER_BYTES:
        return (
            f"These documents have {sum(sizes.values())} bytes of text together; at most {MAX_TOGETHER_BYTES} are "
            "searched for one metric. Name fewer."
        )
    return None


async def text_bytes(session: "AsyncSession", project_id: UUID, ids: Collection[str]) -> int:
    """Return the bytes of text of documents together; those the project has not have none."""
    known = [each for each in document_ids(ids).values() if each is not None]
    return sum((await knowledge_bases.sizes(session, project_id, known)).values())


def ids_in(setting: MetricSetting | None) -> tuple[str, ...]:
    """Return the ids of the documents that a setting holds a metric against."""
    is_named = setting is not None and setting.name is SettingName.KNOWLEDGE_BASE_DOCUMENT_IDS
    return setting.texts if setting is not None and is_named else ()


def document_ids(ids: Collection[str]) -> dict[str, UUID | None]:
    """Return the ids by how they were written, None for what is no id."""
    return {text: _to_id(text) for text in ids}


def _to_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


async def _claim_name(session: "AsyncSession", project_id: UUID, name: str, own_id: UUID | None) -> None:
    await metric_definitions.lock_project(session, project_id)
    if await knowledge_bases.find_name(session, project_id, name) not in (None, own_id):
        raise KnowledgeBaseNameTaken(f"There is a knowledge base {name!r} already. Give this one another name.")


def _decoded(data: bytes, field: str) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput.at(field, message=f"`{field}` is not UTF-8 text. Convert it to UTF-8.") from error
    if "\0" in text:
        raise InvalidInput.at(field, message=f"`{field}` contains a NUL character. Remove it.")
    return text


def _reformatted(text: str) -> str:
    """Return JSON with even white space, so that its parts are told apart by lines. Raises InvalidInput."""
    try:
        even = json.dumps(json.loads(text), ensure_ascii=False, indent=1)
    except (ValueError, RecursionError) as error:
        message = f"`content` is not JSON ({error}). Send valid JSON, or `sourceType` TEXT."
        raise InvalidInput.at("content", message=message) from error
    # Half of a surrogate pair can be escaped in JSON, but not be stored.
    return even.encode(errors="replace").decode()


def _required(value: Any, field: str, source_type: SourceType) -> Any:  # noqa: ANN401 - passed through as it came
    if value is None or value == "":
        message = f"`{field}` is required with `sourceType` {source_type}."
        raise InvalidInput.at(field, message=message, code="missing_required_field")
    return value


def _not_found(knowledge_base_id: UUID) -> KnowledgeBaseNotFound:
    message = f"There is no knowledge base {knowledge_base_id} in this project."
    return KnowledgeBaseNotFound(message, param="knowledgeBaseId")
