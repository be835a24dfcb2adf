"""What a reader asks of the list of calls."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from callscope.core.call import CallStatus

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
MAX_PROPERTY_FILTERS = 20


class CallSort(StrEnum):
    """What a list of calls is ordered by, named as the wire names it."""

    CREATED_AT = "createdAt"
    STARTED_AT = "startedAt"
    ENDED_AT = "endedAt"
    DURATION = "duration"
    TITLE = "title"
    STATUS = "status"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallQuery:
    """A filter, an order and a place in it.

    `search_text` is looked for in title, summary and transcript, ignoring case. `properties_exist` says of stored
    (snake_case) property names whether a call must have them. `is_simulated_only` keeps calls of simulation runs.
    Calls without a value to sort by come last in both directions.
    """

    after: str | None = None
    limit: int = DEFAULT_LIMIT
    search_text: str | None = None
    status: CallStatus | None = None
    sort_by: CallSort = CallSort.CREATED_AT
    is_descending: bool = True
    properties_exist: Mapping[str, bool] = field(default_factory=dict)
    is_simulated_only: bool = False
