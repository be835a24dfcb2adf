"""How names of properties are spelled, and which are taken."""

import re
from functools import lru_cache

SYSTEM_PROPERTIES = frozenset({"direction", "duration_seconds", "agent_id"})
"""Names that Callscope sets itself; they stand in the same namespace and are read-only."""

LIST_FILTERS = frozenset(
    {
        "after",
        "counted_in_results",
        "exclude_hidden_runs",
        "limit",
        "search_text",
        "simulation_run_plan_ids",
        "simulation_run_plan_job_id",
        "simulation_run_plan_job_ids",
        "sort_by",
        "sort_direction",
        "status",
    }
)
"""Names that built-in filters of the list of calls have taken."""

_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SEPARATORS = re.compile(r"[\W_]+")


@lru_cache(maxsize=4096)
def stored_name(name: str) -> str:
    """Return the snake_case spelling a property is stored under: `planTier`, `Plan tier` and `plan_tier` are one."""
    return _SEPARATORS.sub("_", _WORD_STARTS.sub("_", name).lower()).strip("_")
