"""Documents a team gives as the truth about its business: what an agent says can be held against them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class SourceType(StrEnum):
    """How a document was given."""

    TEXT = "TEXT"
    JSON = "JSON"
    FILE = "FILE"


class FileType(StrEnum):
    """The kinds of file whose text is read."""

    PDF = "application/pdf"
    PLAIN = "text/plain"
    MARKDOWN = "text/markdown"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeBase:
    """A document without its text. Size and SHA-256 are those of what was sent; file name and type of FILE only."""

    id: UUID
    name: str
    description: str | None
    source_type: SourceType
    original_filename: str | None
    mime_type: FileType | None
    byte_size: int
    content_hash: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeDocument:
    """The text of a document."""

    id: UUID
    name: str
    text: str
