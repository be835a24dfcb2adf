"""Traces: what an agent's own telemetry says it did, span by span, on the clock of the machine it ran on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

AttributeValue = str | bool | int | float | list[Any] | dict[str, Any] | None
"""An attribute as JSON has it. Bytes are `{"bytesValue": base64}`, as OTLP spells them."""

Attributes = Mapping[str, AttributeValue]


class SpanKind(StrEnum):
    """The part a span plays between processes."""

    UNSPECIFIED = "UNSPECIFIED"
    INTERNAL = "INTERNAL"
    SERVER = "SERVER"
    CLIENT = "CLIENT"
    PRODUCER = "PRODUCER"
    CONSUMER = "CONSUMER"


class SpanStatus(StrEnum):
    """How the work of a span ended, in its sender's judgement."""

    UNSET = "UNSET"
    OK = "OK"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanOrigin:
    """What many spans share: the process that sent them (resource) and the library that made them (scope)."""

    resource_attributes: Attributes
    resource_schema_url: str = ""
    scope_name: str = ""
    scope_version: str = ""
    scope_attributes: Attributes = field(default_factory=dict)
    scope_schema_url: str = ""

    @property
    def service_name(self) -> str:
        """The resource's `service.name`, "" when it has none."""
        name = self.resource_attributes.get("service.name")
        return name if isinstance(name, str) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanEvent:
    """A moment inside a span."""

    name: str
    at_unix_ns: int
    attributes: Attributes
    dropped_attribute_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanLink:
    """A reference to a span that is no ancestor."""

    trace_id: str
    span_id: str
    trace_state: str
    attributes: Attributes
    dropped_attribute_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One piece of work. Ids are lower-case hexadecimal: 32 digits of trace, 16 of span.

    Times are nanoseconds since 1970 on the sender's clock; a sender whose clock was set back may end before it starts.
    """

    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    kind: SpanKind
    status: SpanStatus
    status_message: str
    start_unix_ns: int
    end_unix_ns: int
    attributes: Attributes
    origin: SpanOrigin
    events: tuple[SpanEvent, ...] = ()
    links: tuple[SpanLink, ...] = ()
    trace_state: str = ""
    flags: int = 0
    dropped_attribute_count: int = 0
    dropped_event_count: int = 0
    dropped_link_count: int = 0

    @property
    def duration_ns(self) -> int:
        """Nanoseconds from start to end."""
        return self.end_unix_ns - self.start_unix_ns

    def attribute(self, name: str) -> AttributeValue:
        """Return an attribute of the span, else of its resource, else None."""
        if name in self.attributes:
            return self.attributes[name]
        return self.origin.resource_attributes.get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanOutlines:
    """What a drawing needs of spans, by their start: a column a property, for a trace may have thirty thousand.

    `trace_places` are places in the list of traces that was asked for. Ids are eight bytes each, one after another;
    the parent of a span that has none is zero, as OTLP has it. The last three columns tell with name and scope what a
    span is: the attributes of two conventions, None where they are not set, and whether there is any of LiveKit's.
    """

    trace_places: Sequence[int] = ()
    span_ids: bytes = b""
    parent_span_ids: bytes = b""
    starts_unix_ns: Sequence[int] = ()
    ends_unix_ns: Sequence[int] = ()
    are_errors: Sequence[bool] = ()
    names: Sequence[str] = ()
    scope_names: Sequence[str] = ()
    openinference_kinds: Sequence[str | None] = ()
    gen_ai_operations: Sequence[str | None] = ()
    have_livekit_attributes: Sequence[bool] = ()
