"""By which keys a trace and a call say that they belong together."""

import re
from collections.abc import Iterable

from callscope.core.call import Call
from callscope.core.trace import Attributes, Span
from callscope.core.trace_query import MatchKey, TraceKey

MAX_VALUE_LENGTH = 255
TRACE_ID = re.compile(r"[0-9a-f]{32}")

KEY_OF_ATTRIBUTE = {
    "roark.external_id": MatchKey.EXTERNAL_ID,
    "livekit.room.id": MatchKey.LIVEKIT_ROOM,
    "livekit.room.sid": MatchKey.LIVEKIT_ROOM,
    "livekit.room.name": MatchKey.LIVEKIT_ROOM,
    # LiveKit marks what may identify a person by a part `pii`, which older releases lack.
    "lk.room_sid": MatchKey.LIVEKIT_ROOM,
    "lk.pii.room_sid": MatchKey.LIVEKIT_ROOM,
    "lk.room_name": MatchKey.LIVEKIT_ROOM,
    "lk.pii.room_name": MatchKey.LIVEKIT_ROOM,
    "conversation.id": MatchKey.CONVERSATION,
    "gen_ai.conversation.id": MatchKey.CONVERSATION,
    "vapi.call.id": MatchKey.VAPI_CALL,
    "vapi.call_id": MatchKey.VAPI_CALL,
    "vapi.callId": MatchKey.VAPI_CALL,
}
KEY_OF_PROPERTY = {
    "trace_id": MatchKey.TRACE_ID,
    "pipecat_call_id": MatchKey.CONVERSATION,
    "conversation_id": MatchKey.CONVERSATION,
    "livekit_room_name": MatchKey.LIVEKIT_ROOM,
    "livekit_room_sid": MatchKey.LIVEKIT_ROOM,
}
TRACE_ID_ATTRIBUTE = "trace id"


def keys_of_spans(spans: Iterable[Span]) -> dict[str, set[TraceKey]]:
    """Return the keys that each trace shows, on a span or its resource; its own id is one of them."""
    found: dict[str, set[TraceKey]] = {}
    for span in spans:
        keys = found.get(span.trace_id)
        if keys is None:
            own = TraceKey(key=MatchKey.TRACE_ID, value=span.trace_id, attribute=TRACE_ID_ATTRIBUTE)
            keys = found.setdefault(span.trace_id, {own})
        for attributes in (span.attributes, span.origin.resource_attributes):
            keys.update(_keys_in(attributes))
    return found


def keys_of_call(call: Call) -> tuple[tuple[MatchKey, str], ...]:
    """Return the keys that a call shows. Pipecat's conversation id may come as the call's external id."""
    shown: list[tuple[MatchKey, object]] = [
        (MatchKey.EXTERNAL_ID, call.external_id),
        (MatchKey.CONVERSATION, call.external_id),
        (MatchKey.LIVEKIT_ROOM, call.livekit_room_id),
        (MatchKey.VAPI_CALL, call.vapi_call_id),
        *((key, call.properties.get(name)) for name, key in KEY_OF_PROPERTY.items()),
    ]
    keys = ((key, _value(key, value)) for key, value in shown)
    return tuple(dict.fromkeys((key, value) for key, value in keys if value is not None))


def _keys_in(attributes: Attributes) -> Iterable[TraceKey]:
    for name in attributes.keys() & KEY_OF_ATTRIBUTE.keys():
        key = KEY_OF_ATTRIBUTE[name]
        value = _value(key, attributes[name])
        if value is not None:
            yield TraceKey(key=key, value=value, attribute=name)


def _value(key: MatchKey, value: object) -> str | None:
    """Return a key's value in the one spelling both sides are compared in, None for what is none."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_VALUE_LENGTH:
        return None
    if key is MatchKey.VAPI_CALL:
        return value.lower()
    if key is MatchKey.TRACE_ID:
        digits = value.lower().replace("-", "")
        return digits if TRACE_ID.fullmatch(digits) else None
    return value
