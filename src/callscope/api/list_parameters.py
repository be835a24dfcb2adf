"""The query of `GET /v1/call`: the language of `core.call_filters`, and what the documentation says of it."""

from typing import Any

from fastapi import Request

from callscope.core.call_filters import METRIC_COMPARISONS, PARAMETERS, parse_call_query
from callscope.core.call_query import MAX_METRIC_FILTERS, MAX_PROPERTY_FILTERS, CallQuery, Comparison


async def call_query(request: Request) -> CallQuery:
    """Return what the query asks for. Raises InvalidInput."""
    return parse_call_query(request.query_params.multi_items())


def _bracketed(name: str, comparisons: tuple[Comparison, ...], description: str) -> dict[str, Any]:
    compared: dict[str, Any] = {str(each): {"type": "string"} for each in comparisons if each}
    compared["exists"] = {"type": "string", "enum": ["true", "false"]}
    value = {"anyOf": [{"type": "string"}, {"type": "object", "properties": compared, "additionalProperties": False}]}
    return {
        "name": name,
        "in": "query",
        "style": "deepObject",
        "explode": True,
        "description": description,
        "schema": {"type": "object", "additionalProperties": value},
    }


CALL_PARAMETERS: list[dict[str, Any]] = [
    *(
        {"name": each.name, "in": "query", "description": each.description, "schema": each.schema}
        for each in PARAMETERS
    ),
    _bracketed(
        "properties",
        tuple(Comparison),
        "`properties[planTier][exists]=true` keeps calls that have the property, `=false` those that lack it. Beyond "
        "the original API: `properties[planTier]=gold` and the comparisons `[not]`, `[gt]`, `[gte]`, `[lt]`, `[lte]`, "
        "`[contains]` and `[startsWith]`, numbers in their order, text by code points; `[not]` also keeps calls "
        f"without the property. At most {MAX_PROPERTY_FILTERS} names; a property the project has never seen is "
        "missing on every call.",
    ),
    _bracketed(
        "metric",
        METRIC_COMPARISONS,
        "Beyond the original API: conditions on the value a metric has for the whole call, of any party: "
        "`metric[response_time_p95][gt]=1500`. `[not]` also keeps calls without a value. At most "
        f"{MAX_METRIC_FILTERS} metrics.",
    ),
]
