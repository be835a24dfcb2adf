"""Pipecat's observer: `call-started` and `call-ended` of a `pipecatCallId`, which is also its conversation id."""

from datetime import datetime

from callscope.core.integration import CallNews
from callscope.integrations import plugin_events
from callscope.integrations.fields import Message

ID_FIELD = "pipecatCallId"


def call_ref(message: Message) -> str:
    """Return the id of the call an event is about. Raises InvalidInput."""
    return plugin_events.call_ref(message, ID_FIELD)


def news(message: Message, received_at: datetime) -> CallNews:
    """Return what an event tells of the call."""
    return plugin_events.news(message, call_ref(message), received_at)
