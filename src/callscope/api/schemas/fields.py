"""Field types of requests whose rules the validator does not know."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

MAX_OFFSET_MS = 7 * 24 * 3600 * 1000
MAX_LABEL_LENGTH = 255
POINT_IN_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")
E164 = re.compile(r"\+[1-9]\d{1,14}")


def wrong_value(message: str) -> PydanticCustomError:
    """Return the error for a value; the reader is also shown what it was."""
    return PydanticCustomError("wrong_value", "{reason}", {"reason": message})


def _to_whole_number(value: Any) -> Any:  # noqa: ANN401 - whatever was sent
    if type(value) is int:
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise wrong_value("must be a whole number of milliseconds")


def _to_point_in_time(value: Any) -> datetime:  # noqa: ANN401 - whatever was sent
    if not isinstance(value, str) or not POINT_IN_TIME.match(value):
        raise wrong_value("must be a date and time in ISO 8601, such as 2026-01-31T09:30:00Z")
    try:
        parsed = datetime.fromisoformat(value)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise wrong_value("is not a date and time that exists; write it like 2026-01-31T09:30:00Z") from error


def _to_phone_number(value: Any) -> Any:  # noqa: ANN401 - whatever was sent
    if value is None or (isinstance(value, str) and E164.fullmatch(value)):
        return value
    raise wrong_value("must be a phone number in E.164, such as +14155551234, or null where there is none")


def _to_tool_result(value: Any) -> Any:  # noqa: ANN401 - whatever was sent
    if isinstance(value, str | dict):
        return value
    raise wrong_value("must be a string or an object")


OffsetMs = Annotated[
    int,
    BeforeValidator(_to_whole_number),
    Field(ge=0, le=MAX_OFFSET_MS, description="Milliseconds from the start of the call."),
]
PointInTime = Annotated[
    datetime, BeforeValidator(_to_point_in_time), WithJsonSchema({"type": "string", "format": "date-time"})
]
PhoneNumber = Annotated[
    str | None,
    BeforeValidator(_to_phone_number),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": rf"^{E164.pattern}$"}, {"type": "null"}]}),
]
ToolResult = Annotated[
    Any,
    BeforeValidator(_to_tool_result),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": True}]}),
]
Label = Annotated[str, Field(min_length=1, max_length=MAX_LABEL_LENGTH)]
