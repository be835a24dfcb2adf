"""OTLP attribute values to JSON values, bounded in depth, number and length."""

import base64
import math
from collections.abc import Callable, Iterable

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from callscope.core.trace import AttributeValue

MAX_DEPTH = 16
MAX_ATTRIBUTES = 1024
MAX_TEXT_LENGTH = 256 * 1024
"""Longest text that is kept whole, in characters: chat contexts are long, recordings in base64 are no text."""

BYTES_KEY = "bytesValue"
TOO_DEEP = "… [nested too deeply]"


def attributes_of(pairs: Iterable[KeyValue]) -> tuple[dict[str, AttributeValue], int]:
    """Return attributes by name, and how many were beyond the limit and left out. Of equal names the last counts."""
    attributes: dict[str, AttributeValue] = {}
    left_out_count = 0
    for pair in pairs:
        name = text_of(pair.key)
        if name not in attributes and len(attributes) >= MAX_ATTRIBUTES:
            left_out_count += 1
        else:
            attributes[name] = value_of(pair.value)
    return attributes, left_out_count


def value_of(value: AnyValue, depth: int = 0) -> AttributeValue:
    """Return an attribute value as JSON has it. Numbers JSON cannot say become the words OTLP has for them."""
    if depth > MAX_DEPTH:
        return TOO_DEEP
    field = value.WhichOneof("value")
    read = READERS.get(field or "")
    return None if read is None else read(value, depth)


def text_of(text: str, max_length: int = MAX_TEXT_LENGTH) -> str:
    """Return text the database can store: what is too long is cut with a mark, NUL becomes U+FFFD."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    if len(text) <= max_length:
        return text
    return f"{text[:max_length]}… [cut from {len(text)} characters]"


def number_of(number: float) -> float | str:
    """Return the number, or the word OTLP's JSON has for one that JSON lacks."""
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def _array(value: AnyValue, depth: int) -> list[AttributeValue]:
    return [value_of(item, depth + 1) for item in value.array_value.values[:MAX_ATTRIBUTES]]


def _object(value: AnyValue, depth: int) -> dict[str, AttributeValue]:
    pairs = value.kvlist_value.values[:MAX_ATTRIBUTES]
    return {text_of(pair.key): value_of(pair.value, depth + 1) for pair in pairs}


def _bytes(value: AnyValue) -> dict[str, AttributeValue]:
    return {BYTES_KEY: text_of(base64.b64encode(value.bytes_value).decode())}


READERS: dict[str, Callable[[AnyValue, int], AttributeValue]] = {
    "string_value": lambda value, _: text_of(value.string_value),
    "bool_value": lambda value, _: value.bool_value,
    "int_value": lambda value, _: value.int_value,
    "double_value": lambda value, _: number_of(value.double_value),
    "array_value": _array,
    "kvlist_value": _object,
    "bytes_value": lambda value, _: _bytes(value),
}
"""How each kind of value is read; OTLP's profiles signal adds a kind that means nothing here."""
