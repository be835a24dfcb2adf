import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

from callscope.traces.decode import decode_spans
from callscope.traces.encode import encode_spans
from callscope.traces.payload import MediaType, read_payload
from tests.support.otlp import START_NS, body, failed, key_values, span

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
scalars = (
    texts
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.binary(max_size=8)
    | st.none()
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)


@given(attributes=st.dictionaries(texts, values, max_size=5), number=st.integers(1, 2**64 - 1))
def test_spans_that_leave_come_back_the_same(attributes: dict[str, Any], number: int) -> None:
    sent = span(
        number,
        attributes=attributes,
        kind=SpanMessage.SPAN_KIND_SERVER,
        status=failed("why"),
        events=[SpanMessage.Event(name="e", time_unix_nano=START_NS, attributes=key_values(attributes))],
        links=[SpanMessage.Link(trace_id=b"\1" * 16, span_id=b"\2" * 8)],
        parent_span_id=b"\3" * 8,
    )
    decoded = list(decode_spans(read_payload(body(sent, resource=attributes), MediaType.PROTOBUF)))

    left = json.dumps(encode_spans(decoded)).encode()

    assert list(decode_spans(read_payload(left, MediaType.JSON))) == decoded


def test_spans_of_one_origin_leave_together() -> None:
    first = list(decode_spans(read_payload(body(span(1), span(2)), MediaType.PROTOBUF)))
    second = list(decode_spans(read_payload(body(span(3), scope="another"), MediaType.PROTOBUF)))

    groups = encode_spans([*first, *second])["resourceSpans"]

    assert [len(group["scopeSpans"][0]["spans"]) for group in groups] == [2, 1]
