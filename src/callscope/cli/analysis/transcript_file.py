"""Reading a transcript from a JSON file, in the shapes of the API."""

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, NonNegativeInt, TypeAdapter, ValidationError

from callscope.core.call import Role
from callscope.core.errors import CallscopeError
from callscope.core.ids import new_id
from callscope.core.transcript import TranscriptEntry


class TranscriptUnreadable(CallscopeError):
    """The file holds no transcript; the message names the place."""

    code = "transcript_unreadable"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="ignore")

    role: Literal["AGENT", "CUSTOMER"] | None
    text: str
    startOffsetMs: NonNegativeInt  # noqa: N815 - the wire's spelling
    endOffsetMs: NonNegativeInt  # noqa: N815 - the wire's spelling
    languageCode: str | None = None  # noqa: N815 - the wire's spelling


_entries = TypeAdapter(list[_Entry])


def read_transcript_file(path: Path) -> tuple[TranscriptEntry, ...]:
    """Return the entries of a transcript, ordered by start.

    Takes a list of entries, the body of `POST /v1/call` (key `transcript`), or the answer of
    `GET /v1/call/{id}/transcript`. Entries of nobody in particular (`role` null) are left out.

    Raises:
        TranscriptUnreadable: no JSON, or not of these shapes.
    """
    try:
        found = _entries.validate_python(read_entries(path))
    except ValidationError as fault:
        first = fault.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the top"
        raise TranscriptUnreadable(f"{path} holds no transcript: at {place}: {first['msg']}") from fault
    entries = [_entry(each, Role(each.role.lower())) for each in found if each.role is not None]
    return tuple(sorted(entries, key=lambda entry: entry.start_offset_ms))


def read_entries(path: Path) -> Any:  # noqa: ANN401 - anything JSON may hold
    """Return what stands in a JSON file where a transcript's entries would. Raises TranscriptUnreadable."""
    try:
        return _list_in(json.loads(path.read_text(encoding="utf-8")))
    except (json.JSONDecodeError, UnicodeDecodeError) as fault:
        raise TranscriptUnreadable(f"{path} is not JSON: {fault}") from fault


def _list_in(document: Any) -> Any:  # noqa: ANN401 - anything JSON may hold
    for key in ("data", "transcript", "entries"):
        if isinstance(document, dict) and key in document:
            document = document[key]
    return document


def _entry(read: _Entry, role: Role) -> TranscriptEntry:
    return TranscriptEntry(
        id=new_id(),
        role=role,
        participant_id=None,
        text=read.text,
        start_offset_ms=read.startOffsetMs,
        end_offset_ms=max(read.startOffsetMs, read.endOffsetMs),
        language_code=read.languageCode,
        payload=None,
    )
