"""What people said is masked in spans; what names and times them is not."""

from callscope.core.project_rules import RedactionClass
from callscope.core.trace import Span, SpanEvent, SpanKind, SpanOrigin, SpanStatus
from callscope.services.span_masking import masked_spans

KINDS = frozenset({RedactionClass.PAYMENT_CARD, RedactionClass.PHONE, RedactionClass.EMAIL})
CARD = "4111 1111 1111 1111"


def span() -> Span:
    return Span(
        trace_id="1" * 32,
        span_id="2" * 16,
        parent_span_id=None,
        name="llm",
        kind=SpanKind.CLIENT,
        status=SpanStatus.ERROR,
        status_message=f"card {CARD} was refused",
        start_unix_ns=1,
        end_unix_ns=2,
        attributes={
            "gen_ai.prompt": f"It's {CARD}.",
            "messages": [{"role": "user", "content": "write to maria@example.com"}],
            "room.id": "4155550123",
            "tokens": 4111111111111111,
            "is_last": True,
        },
        origin=SpanOrigin(resource_attributes={"service.name": "desk", "owner.email": "maria@example.com"}),
        events=(SpanEvent(name="said", at_unix_ns=1, attributes={"text": f"Card {CARD}"}),),
    )


def test_what_was_said_is_masked_and_what_finds_the_call_is_not() -> None:
    (masked,) = masked_spans([span()], KINDS)

    assert masked.attributes == {
        "gen_ai.prompt": "It's [PAYMENT_CARD].",
        "messages": [{"role": "user", "content": "write to [EMAIL]"}],
        "room.id": "4155550123",
        "tokens": 4111111111111111,
        "is_last": True,
    }
    assert masked.status_message == "card [PAYMENT_CARD] was refused"
    assert masked.events[0].attributes == {"text": "Card [PAYMENT_CARD]"}
    assert masked.origin.resource_attributes == {"service.name": "desk", "owner.email": "[EMAIL]"}
    assert (masked.trace_id, masked.span_id, masked.start_unix_ns) == ("1" * 32, "2" * 16, 1)


def test_a_project_that_masks_nothing_keeps_spans_as_they_came() -> None:
    spans = [span()]

    assert masked_spans(spans, frozenset()) is spans
