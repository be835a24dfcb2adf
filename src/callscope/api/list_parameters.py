"""The query of `GET /v1/call`."""

import re
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Request

from callscope.api.pages import MAX_SEARCH_LENGTH, After, check_nul
from callscope.core.call import CallStatus
from callscope.core.call_query import DEFAULT_LIMIT, MAX_LIMIT, MAX_PROPERTY_FILTERS, CallQuery, CallSort
from callscope.core.errors import InvalidInput, Issue
from callscope.services.properties import LIST_FILTERS, stored_name

PROPERTY_FILTER = re.compile(r"properties\[(.+)\]\[([^\[\]]*)\]", re.DOTALL)
MAX_SIMULATION_IDS = 100
TrueOrFalse = Literal["true", "false"]

PROPERTIES_PARAMETER: dict[str, Any] = {
    "name": "properties",
    "in": "query",
    "style": "deepObject",
    "explode": True,
    "description": "`properties[planTier][exists]=true` keeps calls that have the property, `=false` those that lack "
    f"it. At most {MAX_PROPERTY_FILTERS} names; a property the project has never seen is missing on every call.",
    "schema": {
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "properties": {"exists": {"type": "string", "enum": ["true", "false"]}},
        },
    },
}


async def call_query(  # noqa: PLR0917 - one argument per query parameter, filled in by name
    request: Request,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    search_text: Annotated[
        str | None,
        Query(alias="searchText", max_length=MAX_SEARCH_LENGTH, description="Text in title, summary or transcript."),
    ] = None,
    status: CallStatus | None = None,
    sort_by: Annotated[CallSort, Query(alias="sortBy")] = CallSort.CREATED_AT,
    sort_direction: Annotated[Literal["asc", "desc"], Query(alias="sortDirection")] = "desc",
    simulation_run_plan_job_id: Annotated[UUID | None, Query(alias="simulationRunPlanJobId")] = None,
    simulation_run_plan_job_ids: Annotated[str | None, Query(alias="simulationRunPlanJobIds")] = None,
    simulation_run_plan_ids: Annotated[str | None, Query(alias="simulationRunPlanIds")] = None,
    counted_in_results: Annotated[TrueOrFalse | None, Query(alias="countedInResults")] = None,
    exclude_hidden_runs: Annotated[TrueOrFalse | None, Query(alias="excludeHiddenRuns")] = None,  # noqa: ARG001 - hides runs only, of which a call of ours is never part
) -> CallQuery:
    """Return what the query asks for. Raises InvalidInput."""
    check_nul(after=after, searchText=search_text)
    simulations = (
        simulation_run_plan_job_id,
        _uuids("simulationRunPlanJobIds", simulation_run_plan_job_ids),
        _uuids("simulationRunPlanIds", simulation_run_plan_ids),
        counted_in_results,
    )
    return CallQuery(
        after=after,
        limit=limit,
        search_text=search_text,
        status=status,
        sort_by=sort_by,
        is_descending=sort_direction == "desc",
        properties_exist=_property_filters(request),
        is_simulated_only=any(simulations),
    )


def _property_filters(request: Request) -> dict[str, bool]:
    filters: dict[str, bool] = {}
    issues: list[Issue] = []
    for key, value in request.query_params.multi_items():
        if not key.startswith("properties"):
            continue
        found = PROPERTY_FILTER.fullmatch(key)
        problem = _filter_problem(key, found, value)
        if problem is not None or found is None:
            issues.append(Issue(path=(key,), code="invalid_parameter", message=problem or ""))
        else:
            filters[stored_name(found[1])] = value == "true"
    if len(filters) > MAX_PROPERTY_FILTERS:
        message = f"`properties` filters {len(filters)} names; at most {MAX_PROPERTY_FILTERS} are allowed."
        issues.append(Issue(path=("properties",), code="invalid_parameter", message=message))
    if issues:
        raise InvalidInput(issues)
    return filters


def _filter_problem(key: str, found: re.Match[str] | None, value: str) -> str | None:
    if found is None or found[2] != "exists":
        return f"`{key}` is not a filter. Write `properties[name][exists]=true` or `=false`."
    name = stored_name(found[1])
    if not name or "\0" in name:
        return f"`{key}` names no property. A name has letters or digits."
    if name in LIST_FILTERS:
        return f"`{name}` is a filter of its own: send it as a parameter, not under `properties`."
    return None if value in ("true", "false") else f"`{key}` must be true or false; got {value!r}."


def _uuids(name: str, joined: str | None) -> list[UUID]:
    if joined is None:
        return []
    parts = [part for part in joined.split(",") if part.strip()]
    if len(parts) > MAX_SIMULATION_IDS:
        raise InvalidInput.at(
            name, message=f"`{name}` names {len(parts)} ids; at most {MAX_SIMULATION_IDS} are allowed."
        )
    try:
        return [UUID(part.strip()) for part in parts]
    except ValueError as error:
        raise InvalidInput.at(name, message=f"`{name}` must be UUIDs, separated by commas.") from error
