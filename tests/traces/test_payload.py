import json
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

from callscope.core.trace import SpanKind, SpanStatus
from callscope.traces.attributes import MAX_ATTRIBUTES, MAX_TEXT_LENGTH
from callscope.traces.decode import decode_spans
from callscope.traces.errors import NotOtlp, UnsupportedMedia
from callscope.traces.payload import MediaType, media_type_of, read_payload
from tests.support.otlp import (
    START_NS,
    TRACE_ID,
    body,
    body_of_many,
    failed,
    field_bytes,
    json_request,
    json_span,
    key_values,
    span,
)

ATTRIBUTES = {"text": "hi", "count": 3, "share": 0.5, "on": True, "list": ["a", 1], "map": {"b": 2}, "none": None}


def test_a_span_keeps_what_it_is() -> None:
    sent = span(
        7,
        parent_span_id=(6).to_bytes(8, "big"),
        name="llm",
        kind=SpanMessage.SPAN_KIND_CLIENT,
        status=failed("no tokens left"),
        attributes=ATTRIBUTES,
        trace_state="a=b",
        flags=1,
        dropped_attributes_count=2,
    )

    payload = read_payload(body(sent), MediaType.PROTOBUF)
    (decoded,) = decode_spans(payload)

    assert (payload.accepted_count, payload.rejected_count, payload.rejection_message) == (1, 0, "")
    assert (decoded.trace_id, decoded.span_id) == (TRACE_ID.hex(), "0000000000000007")
    assert (decoded.parent_span_id, decoded.name) == ("0000000000000006", "llm")
    assert (decoded.kind, decoded.status) == (SpanKind.CLIENT, SpanStatus.ERROR)
    assert decoded.status_message == "no tokens left"
    assert decoded.attributes == ATTRIBUTES
    assert decoded.duration_ns == 100_000_000
    assert (decoded.trace_state, decoded.flags, decoded.dropped_attribute_count) == ("a=b", 1, 2)


def test_a_span_keeps_its_events_and_links_and_where_it_came_from() -> None:
    sent = span(
        7,
        events=[SpanMessage.Event(name="first token", time_unix_nano=START_NS + 9, attributes=key_values({"n": 1}))],
        links=[SpanMessage.Link(trace_id=TRACE_ID, span_id=b"\1" * 8, attributes=key_values({"why": "retry"}))],
    )

    (decoded,) = decode_spans(read_payload(body(sent, resource={"host": "one"}), MediaType.PROTOBUF))

    assert [(event.name, event.at_unix_ns, event.attributes) for event in decoded.events] == [
        ("first token", START_NS + 9, {"n": 1})
    ]
    assert [(link.trace_id, link.attributes) for link in decoded.links] == [(TRACE_ID.hex(), {"why": "retry"})]
    assert decoded.origin.service_name == "desk"
    assert decoded.attribute("host") == "one"
    assert decoded.origin.scope_name == "by hand"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"trace_id": b""}, "trace id"),
        ({"trace_id": bytes(16)}, "trace id"),
        ({"trace_id": b"\1" * 8}, "trace id"),
        ({"span_id": bytes(8)}, "span id"),
        ({"span_id": b"\1" * 9}, "span id"),
        ({"parent_span_id": b"\1"}, "parent span id"),
        ({"start_time_unix_nano": 0}, "time"),
        ({"end_time_unix_nano": 0}, "time"),
        ({"end_time_unix_nano": 2**64 - 1}, "time"),
    ],
)
def test_a_span_that_cannot_be_taken_is_counted_and_the_others_are_taken(fields: dict[str, Any], reason: str) -> None:
    payload = read_payload(body(span(1), span(2, **fields), span(3)), MediaType.PROTOBUF)

    assert [decoded.span_id[-1] for decoded in decode_spans(payload)] == ["1", "3"]
    assert (payload.accepted_count, payload.rejected_count) == (2, 1)
    assert reason in payload.rejection_message


def test_json_follows_the_rules_of_otlp() -> None:
    sent = json_span(
        parentSpanId="00000000000000AA",
        traceId=TRACE_ID.hex().upper(),
        kind=3,
        startTimeUnixNano=START_NS,
        unknownField={"is": "ignored"},
        attributes=[
            {"key": "int", "value": {"intValue": "42"}},
            {"key": "number", "value": {"intValue": 43}},
            {"key": "bytes", "value": {"bytesValue": "AAE="}},
            {"key": "nan", "value": {"doubleValue": "NaN"}},
        ],
        status={"code": 2, "message": "broken"},
        links=[{"traceId": TRACE_ID.hex(), "spanId": "00000000000000ac"}],
    )
    payload = read_payload(json.dumps(json_request(sent) | {"more": 1}).encode(), MediaType.JSON)
    (decoded,) = decode_spans(payload)

    assert (decoded.trace_id, decoded.span_id, decoded.parent_span_id) == (
        TRACE_ID.hex(),
        "0" * 14 + "ab",
        "0" * 14 + "aa",
    )
    assert (decoded.kind, decoded.status) == (SpanKind.CLIENT, SpanStatus.ERROR)
    assert decoded.attributes == {"int": 42, "number": 43, "bytes": {"bytesValue": "AAE="}, "nan": "NaN"}
    assert decoded.start_unix_ns == START_NS
    assert decoded.links[0].span_id == "0" * 14 + "ac"


@pytest.mark.parametrize(
    "fields",
    [
        {"spanId": "zz"},
        {"spanId": 7},
        {"startTimeUnixNano": "soon"},
        {"attributes": [{"key": "a", "value": {"stringValue": "\ud800"}}]},
        {"attributes": {"a": "b"}},
        {"links": [{"traceId": "nope"}]},
    ],
)
def test_a_json_span_that_does_not_fit_is_rejected_alone(fields: dict[str, Any]) -> None:
    content = json.dumps(json_request(json_span(), json_span(**fields))).encode()

    payload = read_payload(content, MediaType.JSON)

    assert (payload.accepted_count, payload.rejected_count) == (1, 1)
    assert payload.rejection_message


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"7", b'{"resourceSpans": 7}', b'{"resourceSpans": [7]}', b"[" * 100_000, b"\xff\xfe"],
)
def test_what_is_no_otlp_json_is_refused(content: bytes) -> None:
    with pytest.raises(NotOtlp):
        read_payload(content, MediaType.JSON)


def test_every_truncation_of_a_binary_payload_is_read_or_refused() -> None:
    whole = body(span(1, attributes={"a": "b" * 20}), span(2))
    outcomes = set()
    for length in range(len(whole)):
        try:
            outcomes.add(read_payload(whole[:length], MediaType.PROTOBUF).accepted_count)
        except NotOtlp:
            outcomes.add(-1)
    assert outcomes == {0, -1}


def test_deep_attributes_end_in_a_mark() -> None:
    value: Any = "bottom"
    for _ in range(40):
        value = [value]
    (decoded,) = decode_spans(read_payload(body(span(attributes={"deep": value})), MediaType.PROTOBUF))
    assert "nested too deeply" in str(decoded.attributes["deep"])
    assert "bottom" not in str(decoded.attributes["deep"])


def test_attributes_too_deep_for_any_reader_are_refused() -> None:
    value = b""
    for _ in range(400):
        value = field_bytes(5, field_bytes(1, value))
    attribute = field_bytes(1, b"deep") + field_bytes(2, value)
    content = field_bytes(1, field_bytes(2, field_bytes(2, field_bytes(9, attribute))))
    with pytest.raises(NotOtlp):
        read_payload(content, MediaType.PROTOBUF)


def test_long_text_is_cut_with_a_mark_and_nul_is_replaced() -> None:
    attributes = {"long": "x" * 2**20, "nul": "a\0b"}
    (decoded,) = decode_spans(read_payload(body(span(attributes=attributes)), MediaType.PROTOBUF))
    text = str(decoded.attributes["long"])
    assert text.endswith("… [cut from 1048576 characters]")
    assert len(text) < MAX_TEXT_LENGTH + 100
    assert decoded.attributes["nul"] == "a\ufffdb"


def test_more_attributes_than_are_kept_are_counted() -> None:
    attributes = {f"a{number}": number for number in range(MAX_ATTRIBUTES + 5)}
    (decoded,) = decode_spans(read_payload(body(span(attributes=attributes)), MediaType.PROTOBUF))
    assert len(decoded.attributes) == MAX_ATTRIBUTES
    assert decoded.dropped_attribute_count == 5


def test_a_hundred_thousand_spans_are_read() -> None:
    payload = read_payload(body_of_many(100_000), MediaType.PROTOBUF)
    assert payload.accepted_count == 100_000
    assert sum(1 for _ in decode_spans(payload)) == 100_000


@pytest.mark.parametrize("name", ["application/x-protobuf", "application/json; charset=utf-8", "APPLICATION/JSON"])
def test_media_types_are_told_apart(name: str) -> None:
    assert media_type_of(name) in MediaType


@pytest.mark.parametrize("name", ["", "text/plain", "application/protobuf+json"])
def test_other_media_types_are_refused(name: str) -> None:
    with pytest.raises(UnsupportedMedia):
        media_type_of(name)
