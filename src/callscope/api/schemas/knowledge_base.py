"""Knowledge bases: bodies and answers."""

import base64
import binascii
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field, WithJsonSchema

from callscope.api.schemas.base import STAYS, InputModel, OutputModel
from callscope.api.schemas.fields import Label, wrong_value
from callscope.core.knowledge import FileType, SourceType

MAX_NAME_LENGTH = 120
MAX_DESCRIPTION_LENGTH = 500


def _to_bytes(value: Any) -> bytes | None:  # noqa: ANN401 - whatever was sent
    if value is None:
        return None
    if not isinstance(value, str):
        raise wrong_value("must be the file's bytes in base64")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise wrong_value("is not base64") from error


Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME_LENGTH, description="Unique in the project.")]
Description = Annotated[str | None, Field(max_length=MAX_DESCRIPTION_LENGTH)]
Content = Annotated[str | None, Field(description="Of TEXT the text, of JSON a JSON document as a string; 10 MiB.")]
Filename = Annotated[Label | None, Field(description="Of FILE.")]
MimeType = Annotated[FileType | None, Field(description="Of FILE.")]
FileBytes = Annotated[
    bytes | None,
    BeforeValidator(_to_bytes),
    WithJsonSchema({"anyOf": [{"type": "string", "contentEncoding": "base64"}, {"type": "null"}]}),
    Field(description="Of FILE: its bytes in base64, at most 10 MiB decoded. A PDF of images alone is refused."),
]


class KnowledgeBaseCreate(InputModel):
    """A document that metrics are to hold calls against."""

    name: Name
    source_type: SourceType = Field(description="TEXT and JSON come in `content`, FILE in `contentBase64`.")
    description: Description = None
    content: Content = None
    filename: Filename = None
    mime_type: MimeType = None
    content_base64: FileBytes = None


class KnowledgeBaseUpdate(InputModel):
    """What to change of a document; what is left out stays. With `sourceType`, its whole content is replaced."""

    name: Name = STAYS
    description: Description = STAYS
    source_type: SourceType = STAYS
    content: Content = STAYS
    filename: Filename = STAYS
    mime_type: MimeType = STAYS
    content_base64: FileBytes = STAYS


class KnowledgeBaseRead(OutputModel):
    """A document without its text, which metrics alone read."""

    id: UUID
    name: str
    description: str | None
    source_type: SourceType
    status: Literal["READY"] = Field(description="Its text is read before it is answered for.")
    original_filename: str | None
    mime_type: FileType | None
    byte_size: int = Field(description="Bytes of what was sent, decoded.")
    content_hash: str = Field(description="SHA-256 of what was sent, in hexadecimal digits.")
    error_message: None = Field(description="Always null: what cannot be read is refused.")
    created_at: datetime
    updated_at: datetime


class KnowledgeBaseDeleted(OutputModel):
    """What was deleted."""

    id: UUID
    deleted: Literal[True]
