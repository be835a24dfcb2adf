"""Reading other systems' JSON: a field that is missing or of another type is None, never an exception."""

import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from callscope.core.errors import InvalidInput

Message = Mapping[str, Any]

LATEST_UNIX_MS = 253_402_300_799_000
"""The end of the year 9999, the last there is for a datetime."""


def parse_object(body: bytes) -> Message:
    """Return the JSON object in `body`; numbers that JSON does not have become None. Raises InvalidInput."""
    try:
        parsed = json.loads(body, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise InvalidInput.at(message="The request body is not JSON. Send a JSON object.") from error
    if not isinstance(parsed, dict):
        raise InvalidInput.at(message="The request body must be a JSON object.")
    return parsed


def text(message: Message, name: str) -> str | None:
    """Return a string that is not empty, without the NUL characters that cannot be stored."""
    value = message.get(name)
    cleaned = value.replace("\0", "") if isinstance(value, str) else ""
    return cleaned or None


def number(message: Message, name: str) -> float | None:
    """Return a finite number."""
    value = message.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def whole(message: Message, name: str) -> int | None:
    """Return a number rounded to a whole one."""
    value = number(message, name)
    return None if value is None else round(value)


def flag(message: Message, name: str) -> bool | None:
    """Return a truth value."""
    value = message.get(name)
    return value if isinstance(value, bool) else None


def part(message: Message, name: str) -> Message:
    """Return a nested object, an empty one when there is none."""
    value = message.get(name)
    return value if isinstance(value, dict) else {}


def parts(message: Message, name: str) -> Iterator[Message]:
    """Return the objects of a list."""
    value = message.get(name)
    return (item for item in (value if isinstance(value, list) else ()) if isinstance(item, dict))


def moment(message: Message, name: str) -> datetime | None:
    """Return a point in time, given as ISO 8601 or as milliseconds since 1970; one without a zone is in UTC."""
    unix_ms = number(message, name)
    if unix_ms is not None:
        return from_unix_ms(unix_ms)
    written = text(message, name)
    if written is None:
        return None
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def from_unix_ms(unix_ms: float) -> datetime | None:
    """Return milliseconds since 1970 as a point in time, None for what lies outside of all calendars."""
    if not 0 <= unix_ms <= LATEST_UNIX_MS:
        return None
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=unix_ms)


def offset_ms(seconds: float | None) -> int | None:
    """Return seconds from a call's start as its offset; what lies before the start is at it."""
    return None if seconds is None else max(0, round(seconds * 1000))


def json_object(written: str | None) -> Mapping[str, Any] | None:
    """Return the JSON object in a string, None when it holds none."""
    if written is None:
        return None
    try:
        parsed = json.loads(written, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def storable(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return JSON without what PostgreSQL cannot store: NUL characters and numbers that are not finite."""
    if isinstance(value, dict):
        return {name.replace("\0", ""): storable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, str):
        return value.replace("\0", "")
    return None if isinstance(value, float) and not math.isfinite(value) else value


def require_text(message: Message, name: str, *path: str, what: str) -> str:
    """Return a string a message must have. Raises InvalidInput, which names it below `path`."""
    found = text(message, name)
    if found is None:
        field = ".".join((*path, name))
        raise InvalidInput.at(*path, name, message=f"`{field}` is missing. Send {what}.", code="missing_required_field")
    return found
