"""The query of `GET /v1/trace`."""

import json
import re
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Request

from callscope.api.schemas.fields import PointInTime
from callscope.core.errors import InvalidInput
from callscope.core.trace import AttributeValue, SpanStatus
from callscope.core.trace_query import (
    DEFAULT_TRACE_LIMIT,
    MAX_ATTRIBUTE_FILTERS,
    MAX_TRACE_LIMIT,
    TraceQuery,
    TraceSort,
)

ATTRIBUTE_FILTER = re.compile(r"attributes\[(.+)\]", re.DOTALL)
MAX_TEXT_LENGTH = 1000
MAX_DURATION_MS = 7 * 24 * 3600 * 1000

ATTRIBUTES_PARAMETER: dict[str, Any] = {
    "name": "attributes",
    "in": "query",
    "style": "deepObject",
    "explode": True,
    "description": "`attributes[gen_ai.request.model]=small` keeps traces with a span whose attribute, or whose "
    'resource\'s, is that. `true`, `false` and numbers mean themselves; write `"7"` for the text 7. '
    f"At most {MAX_ATTRIBUTE_FILTERS} names.",
    "schema": {"type": "object", "additionalProperties": {"type": "string"}},
}
Text = Annotated[str | None, Query(max_length=MAX_TEXT_LENGTH)]


def trace_query(  # noqa: PLR0917 - one argument per query parameter, filled in by name
    request: Request,
    after: Annotated[str | None, Query(max_length=4096, description="The `nextCursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_TRACE_LIMIT)] = DEFAULT_TRACE_LIMIT,
    sort_by: Annotated[TraceSort, Query(alias="sortBy")] = TraceSort.STARTED_AT,
    sort_direction: Annotated[Literal["asc", "desc"], Query(alias="sortDirection")] = "desc",
    started_from: Annotated[PointInTime | None, Query(alias="startedFrom")] = None,
    started_before: Annotated[PointInTime | None, Query(alias="startedBefore")] = None,
    name: Text = None,
    service: Text = None,
    status: SpanStatus | None = None,
    min_duration_ms: Annotated[int | None, Query(alias="minDurationMs", ge=0, le=MAX_DURATION_MS)] = None,
    max_duration_ms: Annotated[int | None, Query(alias="maxDurationMs", ge=0, le=MAX_DURATION_MS)] = None,
    call_id: Annotated[UUID | None, Query(alias="callId")] = None,
    is_matched: Annotated[
        Literal["true", "false"] | None, Query(alias="matched", description="Whether a call was found for it.")
    ] = None,
) -> TraceQuery:
    """Return what the query asks for. Raises InvalidInput."""
    attributes = _attributes(request)
    for field, text in {"name": name, "service": service, **{key: key for key in attributes}}.items():
        if text is not None and "\0" in text:
            raise InvalidInput.at(field, message=f"`{field}` contains a NUL character. Remove it.")
    return TraceQuery(
        after=after,
        limit=limit,
        sort_by=sort_by,
        is_descending=sort_direction == "desc",
        started_from=started_from,
        started_before=started_before,
        name=name,
        service=service,
        status=status,
        attributes=attributes,
        min_duration_ms=min_duration_ms,
        max_duration_ms=max_duration_ms,
        call_id=call_id,
        is_matched=None if is_matched is None else is_matched == "true",
    )


def _attributes(request: Request) -> dict[str, AttributeValue]:
    found: dict[str, AttributeValue] = {}
    for key, value in request.query_params.multi_items():
        if key.startswith("attributes"):
            named = ATTRIBUTE_FILTER.fullmatch(key)
            if named is None:
                raise InvalidInput.at(key, message=f"`{key}` is not a filter. Write `attributes[name]=value`.")
            found[named[1]] = _value(value)
    if len(found) > MAX_ATTRIBUTE_FILTERS:
        message = f"`attributes` filters {len(found)} names; at most {MAX_ATTRIBUTE_FILTERS} are allowed."
        raise InvalidInput.at("attributes", message=message)
    return found


def _value(text: str) -> AttributeValue:
    """Return the value a filter means: JSON's scalars as they are, anything else as text."""
    try:
        value = json.loads(text, parse_constant=str)
    except ValueError:
        return text
    return value if isinstance(value, str | bool | int | float) else text
