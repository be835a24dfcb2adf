"""What a reader asks of the list of traces, and what the list says of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from callscope.core.trace import AttributeValue, Span, SpanStatus

DEFAULT_TRACE_LIMIT = 20
MAX_TRACE_LIMIT = 100
MAX_ATTRIBUTE_FILTERS = 20

NS_PER_MS = 1_000_000


def to_datetime(unix_ns: int) -> datetime:
    """Return nanoseconds since 1970 as a point in time, to the microsecond below."""
    seconds, rest_ns = divmod(unix_ns, 1_000_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest_ns // 1000)


def to_unix_ns(moment: datetime) -> int:
    """Return a point in time as nanoseconds since 1970, without the error of a float.

    A moment that 64 bits cannot hold (before 1677, after 2262) becomes the nearest that they can.
    """
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    exact = (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1000
    return min(max(exact, -(2**63)), 2**63 - 1)


class MatchKey(StrEnum):
    """By what a trace and a call were found to belong together."""

    EXTERNAL_ID = "roark.external_id"
    LIVEKIT_ROOM = "livekit.room"
    CONVERSATION = "conversation.id"
    VAPI_CALL = "vapi.call.id"
    TRACE_ID = "trace_id"
    """The call names the trace in its property `trace_id`."""
    MANUAL = "manual"
    """A person said so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceKey:
    """A key that a trace shows, and the attribute that shows it."""

    key: MatchKey
    value: str
    attribute: str


class TraceSort(StrEnum):
    """What the list of traces is ordered by, named as the wire names it."""

    STARTED_AT = "startedAt"
    DURATION = "duration"


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceQuery:
    """A filter, an order and a place in it.

    A trace matches `name`, `service`, `status` and `attributes` when one of its spans has all of them; an attribute may
    also be its resource's. Durations are the trace's, from its first start to its last end.
    """

    after: str | None = None
    limit: int = DEFAULT_TRACE_LIMIT
    sort_by: TraceSort = TraceSort.STARTED_AT
    is_descending: bool = True
    started_from: datetime | None = None
    started_before: datetime | None = None
    name: str | None = None
    service: str | None = None
    status: SpanStatus | None = None
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    min_duration_ms: int | None = None
    max_duration_ms: int | None = None
    call_id: UUID | None = None
    is_matched: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceLink:
    """A call and a trace that belong together: by which key and value, and the attribute of the trace that showed it.

    Value and attribute are "" where somebody linked them by hand.
    """

    trace_id: str
    call_id: UUID
    key: MatchKey
    value: str
    attribute: str
    linked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceSummary:
    """A trace as far as its spans have come in. `root_name` is None until a span without a parent has."""

    trace_id: str
    root_name: str | None
    services: tuple[str, ...]
    start_unix_ns: int
    end_unix_ns: int
    span_count: int
    error_count: int
    first_received_at: datetime
    last_received_at: datetime
    links: tuple[TraceLink, ...] = ()

    @property
    def duration_ns(self) -> int:
        """Nanoseconds from the first start to the last end."""
        return self.end_unix_ns - self.start_unix_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A trace with its spans, by their start."""

    summary: TraceSummary
    spans: tuple[Span, ...]
