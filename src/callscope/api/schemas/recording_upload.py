"""What `/v1/recording-upload` answers."""

from typing import Literal
from uuid import UUID

from callscope.api.schemas.base import OutputModel


class RecordingUploadUrl(OutputModel):
    """Where a recording is to be sent, once, with nothing but this address, and what a call then names it by."""

    id: UUID
    upload_url: str
    method: Literal["PUT"]
    recording_url: str
    expires_in_seconds: int
    max_bytes: int


class RecordingUploaded(OutputModel):
    """A recording that has come in. `sha256` is in hexadecimal digits, `contentType` told from the bytes."""

    id: UUID
    recording_url: str
    sha256: str
    size_bytes: int
    content_type: str
