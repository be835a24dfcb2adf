"""What a reader asks of the list of calls."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from callscope.core.call import CallDirection, CallStatus, EndedStatus, InterfaceType

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
COUNTED_CALLS = 10_000
"""How far a list of all calls is counted; a total of this number means that many or more."""
COUNTED_MATCHES = 1_000
"""How far a filtered list is counted: each call that matches must be looked at."""
MAX_PROPERTY_FILTERS = 20
MAX_METRIC_FILTERS = 20


class CallSort(StrEnum):
    """What a list of calls is ordered by, named as the wire names it."""

    CREATED_AT = "createdAt"
    STARTED_AT = "startedAt"
    ENDED_AT = "endedAt"
    DURATION = "duration"
    TITLE = "title"
    STATUS = "status"


class Comparison(StrEnum):
    """How a call's value must stand to the one asked for, named as the wire names it."""

    EQUAL = ""
    NOT = "not"
    """Another value, or none."""
    GREATER = "gt"
    GREATER_OR_EQUAL = "gte"
    LESS = "lt"
    LESS_OR_EQUAL = "lte"
    CONTAINS = "contains"
    STARTS_WITH = "startsWith"
    EXISTS = "exists"
    """Any value; asked for with `false`, none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueFilter:
    """A condition on a property, by its stored name, or on a metric, by its slug.

    `value` is as written. It is compared with a number as a number, with text as text: numbers in their order, text
    by code points, but ignoring case for CONTAINS and STARTS_WITH.
    """

    name: str
    comparison: Comparison
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallQuery:
    """A filter, an order and a place in it. A call must meet every condition.

    `search_text` is looked for in title, summary and transcript: a call must have a word that begins with each of its
    words, case and accents ignored. "After" and "since" include their moment, "before" does not. A metric's condition
    is on its value for the whole call, of any party. `is_simulated_only` keeps calls of simulation runs. Calls without
    a value to sort by come last in both directions. `customer_phone_number` is the last digits of a customer's number.
    """

    after: str | None = None
    limit: int = DEFAULT_LIMIT
    sort_by: CallSort = CallSort.CREATED_AT
    is_descending: bool = True
    search_text: str | None = None
    status: CallStatus | None = None
    direction: CallDirection | None = None
    interface_type: InterfaceType | None = None
    ended_status: EndedStatus | None = None
    source: str | None = None
    external_id: str | None = None
    agent_id: UUID | None = None
    customer_phone_number: str | None = None
    started_after: datetime | None = None
    started_before: datetime | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    updated_since: datetime | None = None
    min_duration_ms: int | None = None
    max_duration_ms: int | None = None
    properties: tuple[ValueFilter, ...] = ()
    metrics: tuple[ValueFilter, ...] = ()
    is_simulated_only: bool = False
