"""How much of a project's data is kept, and what is about to go."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptData:
    """What of one project is kept. Recordings' bytes are exact; the others share what their tables take on disk."""

    project_id: UUID
    project_name: str
    call_count: int
    recording_count: int
    recording_bytes: int
    transcript_count: int
    transcript_bytes: int
    trace_count: int
    span_count: int
    trace_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NextSweep:
    """What a sweep at this moment would remove of a project, and when the next one comes by itself.

    `wordless_call_count` are calls whose transcripts go, `deleted_call_count` deleted calls whose rest goes.
    """

    at: datetime
    recording_count: int
    recording_bytes: int
    wordless_call_count: int
    trace_count: int
    deleted_call_count: int
