"""What people said, masked in spans: values of attributes, messages and names of events."""

from collections.abc import Sequence
from dataclasses import replace

from callscope.core.trace import Attributes, Span, SpanEvent, SpanOrigin
from callscope.services.redaction import Kinds, masked_text, masked_value

ID_ENDINGS = ("id", "uuid", "_key", ".key")
"""Attributes that name things: digits in them are no numbers of people."""


def masked_spans(spans: Sequence[Span], kinds: Kinds) -> Sequence[Span]:
    """Return spans with what is of `kinds` masked, in order; ids and times stay, so that they find their call."""
    if not kinds:
        return spans
    origins: dict[int, SpanOrigin] = {}
    return [_masked_span(span, kinds, origins) for span in spans]


def _masked_span(span: Span, kinds: Kinds, origins: dict[int, SpanOrigin]) -> Span:
    # Thousands of spans share one origin, and storage tells origins apart by what they hold.
    origin = origins.get(id(span.origin))
    if origin is None:
        resource = _masked(span.origin.resource_attributes, kinds)
        origin = replace(
            span.origin, resource_attributes=resource, scope_attributes=_masked(span.origin.scope_attributes, kinds)
        )
        origins[id(span.origin)] = origin
    return replace(
        span,
        status_message=masked_text(span.status_message, kinds),
        attributes=_masked(span.attributes, kinds),
        events=tuple(_masked_event(event, kinds) for event in span.events),
        links=tuple(replace(link, attributes=_masked(link.attributes, kinds)) for link in span.links),
        origin=origin,
    )


def _masked_event(event: SpanEvent, kinds: Kinds) -> SpanEvent:
    return replace(event, name=masked_text(event.name, kinds), attributes=_masked(event.attributes, kinds))


def _masked(attributes: Attributes, kinds: Kinds) -> Attributes:
    return {
        name: value if name.lower().endswith(ID_ENDINGS) else masked_value(value, kinds, name=name.replace(".", " "))
        for name, value in attributes.items()
    }
