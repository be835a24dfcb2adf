"""Traces: what an agent's own telemetry says it did, span by span, on the clock of the machine it ran on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

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


class SpanOutline(NamedTuple):
    """What a drawing needs of a span. A tuple, made from a row as it is: a trace may have thirty thousand.

    `openinference_kind` and `gen_ai_operation` are the attributes of these conventions, None where they are not set.
    """

    trace_id: str
    span_id: str
    parent_span_id: str | None
    start_unix_ns: int
    end_unix_ns: int
    is_error: bool
    service: str
    name: str
    scope_name: str
    openinference_kind: str | None
    gen_ai_operation: str | None
    has_livekit_attribute: bool
